"""What a run leaves behind: its folder, checkpoints, curve, progress line and summary."""
