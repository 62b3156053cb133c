"""What a doctor looks at: whether all that recording and the screen lean on is there, and how to mend what is not."""
