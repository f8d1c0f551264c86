"""Environments that nobody tried: small ones, each of which is odd in a way of its own."""

import gymnasium as gym
import numpy as np
from gymnasium.spaces import Box, Dict, Discrete, MultiDiscrete

TWO = Discrete(2)


class Walk(gym.Env):
    """A walk along a line: at its right end is a goal, at its left a fall.

    It pays a reward at the goal, another at each step, and shows where one is.
    """

    observation_space = Box(-1.0, 1.0, (1,), np.float32)
    action_space = TWO

    def __init__(self, length=10, goal=1.0, step=0.0, limit=200, drift=0.0):
        self.length, self.goal, self.step_reward, self.limit = length, goal, step, limit
        self.drift = drift

    def reset(self, *, seed=None, options=None):
        super().reset(seed=seed)
        self.place, self.time = 0, 0
        return self.seen(), {}

    def step(self, action):
        self.time += 1
        self.place += 1 if action == 1 else -1
        if self.drift and self.np_random.random() < self.drift:
            self.place -= 1
        self.place = max(self.place, -self.length)
        found = self.place >= self.length
        paid = self.goal if found else self.step_reward
        return self.seen(), float(paid), found, self.time >= self.limit and not found, {}

    def seen(self):
        return np.array([self.place / self.length], np.float32)


class Balance(gym.Env):
    """Numbers that drift away: each step pays, and far away it is over."""

    action_space = TWO

    def __init__(self, numbers=3, scale=1.0):
        self.observation_space = Box(-np.inf, np.inf, (numbers,), np.float32)
        self.scale = scale

    def reset(self, *, seed=None, options=None):
        super().reset(seed=seed)
        self.state = self.np_random.normal(size=self.observation_space.shape) * 0.1
        return self.state.astype(np.float32), {}

    def step(self, action):
        self.state = 1.1 * self.state + (0.2 if action else -0.2)
        over = bool(np.abs(self.state[0]) > 3.0)
        paid = self.scale * float(1.0 - abs(self.state[0]))
        return self.state.astype(np.float32), paid, over, False, {}


class Bandit(gym.Env):
    """A single step: one of several arms pays best."""

    observation_space = Box(0.0, 1.0, (2,), np.float32)

    def __init__(self, arms=5):
        self.action_space = Discrete(arms)

    def reset(self, *, seed=None, options=None):
        super().reset(seed=seed)
        return np.array([self.np_random.random(), 1.0], np.float32), {}

    def step(self, action):
        return (
            np.zeros(2, np.float32),
            float(self.np_random.random() < action / 10),
            True,
            False,
            {},
        )


class Picture(gym.Env):
    """A dot on an image, which actions move to the middle."""

    action_space = Discrete(4)

    def __init__(self, size=40, channels=3, beside=False):
        self.shape = (size, size, channels)
        image = Box(0, 255, self.shape, np.uint8)
        speed = Box(-1.0, 1.0, (2,), np.float32)
        self.beside = beside
        self.observation_space = Dict({"image": image, "speed": speed}) if beside else image

    def reset(self, *, seed=None, options=None):
        super().reset(seed=seed)
        self.at = self.np_random.integers(1, self.shape[0] - 1, 2)
        self.time = 0
        return self.seen(), {}

    def step(self, action):
        self.time += 1
        self.at = np.clip(
            self.at + [(0, 1), (0, -1), (1, 0), (-1, 0)][action], 0, self.shape[0] - 1
        )
        near = -float(np.abs(self.at - self.shape[0] // 2).sum()) / self.shape[0]
        return self.seen(), near, False, self.time >= 50, {}

    def seen(self):
        image = np.zeros(self.shape, np.uint8)
        image[tuple(self.at)] = 255
        return {"image": image, "speed": np.zeros(2, np.float32)} if self.beside else image


class Recall(gym.Env):
    """A cue at the beginning says which action is right at the end: it has to be remembered."""

    observation_space = MultiDiscrete([3, 5])
    action_space = TWO

    def reset(self, *, seed=None, options=None):
        super().reset(seed=seed)
        self.cue, self.time = int(self.np_random.integers(2)), 0
        return np.array([self.cue, 0]), {}

    def step(self, action):
        self.time += 1
        over = self.time == 4
        paid = (1.0 if action == self.cue else -1.0) if over else 0.0
        return np.array([2, self.time]), paid, over, False, {}


class Masked(gym.Env):
    """A third of the actions is legal, and which ones changes."""

    observation_space = Box(0.0, 1.0, (4,), np.float32)

    def __init__(self, actions=9):
        self.action_space = Discrete(actions)

    def reset(self, *, seed=None, options=None):
        super().reset(seed=seed)
        self.time = 0
        return self.seen(), self.info()

    def step(self, action):
        assert action % 3 == self.time % 3, "an illegal action"
        self.time += 1
        return self.seen(), float(action == 3), False, self.time >= 30, self.info()

    def seen(self):
        return self.np_random.random(4, dtype=np.float32)

    def info(self):
        legal = np.arange(self.action_space.n) % 3 == self.time % 3
        return {"action_mask": legal.astype(np.int8)}


class States(gym.Env):
    """Numbered states that one wanders through, of any number."""

    def __init__(self, states=100, actions=3, start=0):
        self.observation_space = Discrete(states, start=start)
        self.action_space = Discrete(actions)
        self.states, self.start = states, start

    def reset(self, *, seed=None, options=None):
        super().reset(seed=seed)
        self.at, self.time = int(self.np_random.integers(self.states)), 0
        return self.at + self.start, {}

    def step(self, action):
        self.time += 1
        self.at = (3 * self.at + int(action)) % self.states
        return self.at + self.start, float(self.at == 0), False, self.time >= 40, {}


class Endless(gym.Env):
    """It never ends, and pays at every step."""

    observation_space = Box(-1.0, 1.0, (2,), np.float32)
    action_space = Discrete(3)

    def reset(self, *, seed=None, options=None):
        super().reset(seed=seed)
        self.phase = 0.0
        return self.seen(), {}

    def step(self, action):
        self.phase += 0.1 * (int(action) - 1)
        return self.seen(), float(np.sin(self.phase)), False, False, {}

    def seen(self):
        return np.array([np.sin(self.phase), np.cos(self.phase)], np.float32)


class Failing(Endless):
    """It fails after a few steps."""

    def step(self, action):
        if self.phase > 0.3:
            raise RuntimeError("the motor is hot")
        return super().step(action)


class Sleeper(Endless):
    """Its steps take long."""

    def step(self, action):
        import time

        time.sleep(0.08)
        return super().step(action)
