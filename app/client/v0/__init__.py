"""OpenHands 0.53.0 to 0.62: its routes, what it says, and what that means in the core's terms."""
