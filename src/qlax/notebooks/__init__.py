"""What notebooks show of runs, agents, policies and evaluations: HTML made here, light and dark."""
