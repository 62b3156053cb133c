"""What a record adds up to: figures in one form for the screen and every file format, and those formats."""
