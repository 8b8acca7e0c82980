"""An OpenHands-compatible server in a process of its own, so that the program runs with nothing installed.

It speaks as OpenHands 0.53.0 does: same routes, shapes, refusals and order of checks. There is no model,
and no code is touched; what it says to people says so.
"""
