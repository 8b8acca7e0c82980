"""OpenHands Launcher: one form, one press, and a list that shows what became of each launch."""
