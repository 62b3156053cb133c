"""What is worth an alert, and the ways on which it leaves: beside the recorder, which never waits for any of it."""
