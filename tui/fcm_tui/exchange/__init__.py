"""The record for other programs: a Git repository, patches, events. Reads the store, writes nothing into it."""
