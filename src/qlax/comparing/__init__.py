"""Runs side by side: their curves, their statistics, and what can be said of the difference."""
