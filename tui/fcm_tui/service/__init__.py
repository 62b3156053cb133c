"""Running by itself: what the system's own service manager is told, so that recording goes on without a person."""
