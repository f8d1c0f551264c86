"""An agent that learns in a loop of the user's own: of a robot, a game engine, a live service."""

from qlax.learner.learner import Learner

__all__ = ["Learner"]
