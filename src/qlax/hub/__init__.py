"""Runs in repositories of a Hugging Face hub: `push`, `pull`, and `load("hf:USER/NAME")`."""
