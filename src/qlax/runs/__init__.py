"""A run on disk and in memory: its plan, folder, checkpoints, outcome, and the room it needs."""
