"""Bringing in what the first version of the program kept on a MySQL server."""
