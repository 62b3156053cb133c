"""From what the disk shows to what the record holds: read, identify, compare, commit. Synchronous; no event loop."""
