"""The form of a launch."""
