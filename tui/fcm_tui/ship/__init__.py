"""The way from the local record to the team's database."""
