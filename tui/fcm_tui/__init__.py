"""fcm-tui: what changed in your files, when and where, with every version kept."""

__version__ = "0.1.0"
