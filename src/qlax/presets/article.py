"""Two agents as tutorials teach them, unchanged."""

from qlax.agent import Agent
from qlax.bootstraps import Greedy
from qlax.explorers import EpsilonGreedy, GaussianNoise
from qlax.heads import Scalar
from qlax.networks import MLP, Table
from qlax.observations import Raw
from qlax.optimizers import SGD, Adam
from qlax.presets.fitted import named
from qlax.replay import Latest, Uniform
from qlax.rewards import ReplaceLast
from qlax.schedules import Exponential
from qlax.targets import Online


@named
def article_q_table() -> Agent:
    """The tutorial's Q-table: one update a step, fading noise.

    Zeros; a = argmax(Q[s] + N(0, 1) / (episode + 1)); Q[s, a] += η (r + γ max Q[s′] − Q[s, a]);
    at most 200 steps an episode. The tutorial leaves η, γ and the grid open: here η = 0.1,
    γ = 0.99 and 20 bins an entry.

    Reference: Watkins (1989).
    """
    return Agent(
        network=Table(bins=(20,)),
        head=Scalar(loss_function="squared"),
        bootstrap=Greedy(),
        explorer=GaussianNoise(scale=1.0),
        replay=Latest(),
        target=Online(),
        optimizer=SGD(learning_rate=0.1),
        observation=Raw(),
        discount=0.99,
        learning_starts=1,
        time_limit=200,
    )


@named
def article_dqn() -> Agent:
    """The tutorial's DQN: 24-24, replay of 2,000, no target network.

    Dense 24 relu, Dense 24 relu, linear; Adam 1e-3; squared error; replay 2,000; batches of 32;
    γ = 0.95; ε from 1 times 0.995 an update down to 0.01; one update a step once the memory
    exceeds a batch; no target network; episodes of up to 500 steps; the reward of an episode's
    last step replaced by −10. Observations as they are.

    Reference: Mnih et al. (2013), arXiv 1312.5602.
    """
    batch_size = 32
    return Agent(
        network=MLP(hidden=(24, 24), activation="relu"),
        head=Scalar(loss_function="squared"),
        bootstrap=Greedy(),
        explorer=EpsilonGreedy(
            epsilon=Exponential(start=1.0, rate=0.995, end=0.01, begin=batch_size)
        ),
        replay=Uniform(capacity=2_000, batch_size=batch_size),
        target=Online(),
        optimizer=Adam(learning_rate=1e-3),
        observation=Raw(),
        reward=ReplaceLast(value=-10.0),
        discount=0.95,
        learning_starts=batch_size + 1,
        time_limit=500,
    )
