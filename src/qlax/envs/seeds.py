"""Seeds of environments that run in Python."""

import numpy as np


def env_seeds(seed: int, num_envs: int) -> list[int]:
    """Return a seed for each of N environments, from 0 to 2³¹ − 1, unlike those of other `seed`s.

    With seed + i for environment i, the runs of seeds 0 and 1 would be in the same episodes but
    for one. Environment i has the same seed however many there are.
    """
    bits = np.random.SeedSequence(seed).generate_state(num_envs, np.uint32)
    return [int(bit) >> 1 for bit in bits]
