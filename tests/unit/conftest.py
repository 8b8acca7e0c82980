"""Hypothesis without a deadline: on a busy machine one slow example is no fault."""

from hypothesis import settings

settings.register_profile("unit", deadline=None)
settings.load_profile("unit")
