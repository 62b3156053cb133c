"""The statistics screen: what the changes that the log shows add up to, and from each figure the way to its changes."""
