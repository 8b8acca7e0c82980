"""Pictures of every screen and state: `python -m tests.shots FOLDER [SCENE …]`."""
