"""What chance reaches: the least that anything learned must beat."""

from qlax.envs.opening import source_of
from qlax.evaluation import LONGEST

EPISODES = 100


def random_mean(env: str) -> float:
    """Return the mean return of a player who draws actions uniformly, as long as one is watched."""
    source = source_of(env)
    world = source.make(source.record.max_episode_steps or LONGEST)
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
