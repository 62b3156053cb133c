"""The screens in a browser: a web server that lets in whom it knows, and a viewer of its own for each window."""
