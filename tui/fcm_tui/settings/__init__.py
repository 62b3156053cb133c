"""What `fcm.toml` says: read, checked, drafted, written and followed as it changes."""
