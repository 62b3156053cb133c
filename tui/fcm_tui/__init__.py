"""fcm-tui: what changed in your files, when, where and by whom, with every version kept."""

__version__ = "0.1.0"
