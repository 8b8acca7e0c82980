"""The README's commands, tried in bare roots of Debian."""
