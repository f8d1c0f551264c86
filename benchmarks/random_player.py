"""What chance reaches: the least that anything learned must beat."""

import gymnasium

from qlax.envs.description import factory_of
from qlax.evaluation import LONGEST

EPISODES = 100


def random_mean(env: str) -> float:
    """Return the mean return of a player who draws actions uniformly, as long as one is watched."""
    factory_of(env)  # knows ids that Gymnasium does not know yet
    world = factory_of(env, gymnasium.spec(env).max_episode_steps or LONGEST)()
    world.action_space.seed(0)
    total = 0.0
    for episode in range(EPISODES):
        world.reset(seed=episode)
        ended = False
        while not ended:
            _, reward, terminated, truncated, _ = world.step(world.action_space.sample())
            total += float(reward)
            ended = terminated or truncated
    return total / EPISODES
