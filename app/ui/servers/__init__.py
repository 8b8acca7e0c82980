"""Where the server runs."""
