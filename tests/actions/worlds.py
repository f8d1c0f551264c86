"""Small environments whose actions are several numbers, or continuous."""

import gymnasium
import numpy as np
from gymnasium import spaces


class Locks(gymnasium.Env):
    """Three dials of different sizes; each that is set to what the state says pays its share.

    Shares are 1, 2 and 3 of 6. The state is one of four, drawn anew at every step, of which there
    are `length` in an episode.
    """

    observation_space = spaces.Discrete(4)
    action_space: spaces.Space = spaces.MultiDiscrete([2, 3, 4], start=[0, 1, 0])
    right = np.array([[0, 1, 0], [1, 2, 1], [0, 3, 2], [1, 1, 3]])
    shares = np.array([1, 2, 3]) / 6

    def __init__(self, length=5, masks=None, in_observation=False):
        self.length, self.masks, self.in_observation = length, masks, in_observation
        if in_observation:
            mask = spaces.Tuple(
                [spaces.MultiBinary(2), spaces.MultiBinary(3), spaces.MultiBinary(4)]
            )
            self.observation_space = spaces.Dict({"state": spaces.Discrete(4), "action_mask": mask})

    def legal(self):
        """Return masks: of the third dial, what the state says is illegal, and so is 0."""
        own = [np.ones(2, np.int8), np.ones(3, np.int8), np.array([0, 1, 1, 1], np.int8)]
        own[2][self.right[self.state, 2]] = 0
        return np.concatenate(own) if self.masks == "flat" else tuple(own)

    def _shown(self):
        info = {"action_mask": self.legal()} if self.masks and not self.in_observation else {}
        if self.in_observation:
            return {"state": self.state, "action_mask": self.legal()}, info
        return self.state, info

    def reset(self, *, seed=None, options=None):
        super().reset(seed=seed)
        self.left, self.state = self.length, int(self.np_random.integers(4))
        return self._shown()

    def step(self, action):
        assert self.action_space.contains(action), action
        if self.masks:
            masks = np.split(
                np.concatenate(self.legal()) if isinstance(self.legal(), tuple) else self.legal(),
                [2, 5],
            )
            assert all(mask[at] for mask, at in zip(masks, action - [0, 1, 0], strict=True))
        paid = float(self.shares @ (action == self.right[self.state]))
        self.left, self.state = self.left - 1, int(self.np_random.integers(4))
        shown, info = self._shown()
        return shown, paid, self.left == 0, False, info


class Aim(gymnasium.Env):
    """Two numbers in [−1, 1], each to be put where the state says: the cost is the distance."""

    observation_space = spaces.MultiBinary(2)
    action_space = spaces.Box(-1.0, 1.0, (2,), np.float32)

    def reset(self, *, seed=None, options=None):
        super().reset(seed=seed)
        self.left, self.state = 5, self.np_random.integers(2, size=2).astype(np.int8)
        return self.state, {}

    def step(self, action):
        assert self.action_space.contains(action), action
        paid = -float(np.abs(action - (2.0 * self.state - 1.0)).mean())
        self.left, self.state = self.left - 1, self.np_random.integers(2, size=2).astype(np.int8)
        return self.state, paid, self.left == 0, False, {}
