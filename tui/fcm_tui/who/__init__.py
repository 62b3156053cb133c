"""Who changed a file: the processes that a source of events told of, or those that have it open, as a guess."""
