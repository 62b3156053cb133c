"""The list of alerts, and the badge that says that there are some."""
