"""The whole history as a Git repository."""
