"""The commands: the same core as the window, without a display."""
