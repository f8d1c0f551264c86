"""Deep agents that learn expected returns: DQN and what was added to it."""

from qlax.agent import Agent
from qlax.bootstraps import Boltzmann, Double, Munchausen
from qlax.explorers import Boltzmann as BoltzmannExplorer
from qlax.explorers import EpsilonGreedy, Greedy
from qlax.heads import Dueling, HLGauss, Plain, Scalar, SquareRoot
from qlax.layers import Noisy
from qlax.networks import MLP
from qlax.optimizers import RMSProp
from qlax.presets.deep import BATCH_SIZE, CAPACITY, deep
from qlax.presets.fitted import named
from qlax.replay import Prioritised, Uniform
from qlax.schedules import Linear
from qlax.targets import Periodic


@named
def dqn() -> Agent:
    """DQN with double Q-learning, n-step returns and exploration that persists.

    The double bootstrap is van Hasselt et al. (2016), arXiv 1509.06461; repeating exploratory
    actions is Dabney et al. (2020), arXiv 2006.01782.

    Reference: Mnih et al. (2015), Nature 518.
    """
    return deep(
        bootstrap=Double(), replay=Uniform(capacity=CAPACITY, batch_size=BATCH_SIZE, n_step=5)
    )


@named
def dqn_nature() -> Agent:
    """DQN as in Nature: one step, a maximum, periodic target, centred RMSProp, plain ε-greedy.

    Departures: a small MLP in place of the network for pixels, one update a step, and learning
    rate, target period and ε's schedule for runs of 100,000 steps.

    Reference: Mnih et al. (2015), Nature 518.
    """
    return deep(
        explorer=EpsilonGreedy(epsilon=Linear(start=1.0, end=0.1, steps=20_000)),
        target=Periodic(period=500),
        # The paper sums a loss over the batch; here it is the mean, and ε smaller by 32².
        optimizer=RMSProp(learning_rate=5e-4, epsilon=1e-5),
        policy="online",
    )


@named
def double_dqn() -> Agent:
    """Double DQN: the online network chooses the next action, the target network evaluates it.

    Reference: van Hasselt, Guez and Silver (2016), arXiv 1509.06461.
    """
    return deep(bootstrap=Double())


@named
def dueling_dqn() -> Agent:
    """Dueling DQN: separate streams for the state's value and the actions' advantages.

    As in the paper, on top of double DQN, with gradients clipped to norm 10.

    Departure: the gradient that both streams send into the layers before them is not multiplied by
    1/√2. Adam's steps hardly depend on such factors.

    Reference: Wang et al. (2016), arXiv 1511.06581.
    """
    return deep(bootstrap=Double(), head=Scalar(stream=Dueling(hidden=64)))


@named
def per_dqn() -> Agent:
    """Double DQN with prioritised experience replay: α = 0.6, β from 0.4 to 1 at the run's end.

    Departure: the learning rate is that of the other agents; the paper divides it by four.

    Reference: Schaul et al. (2016), arXiv 1511.05952.
    """
    return deep(bootstrap=Double(), replay=Prioritised(capacity=CAPACITY, batch_size=BATCH_SIZE))


@named
def noisy_dqn() -> Agent:
    """NoisyNet-DQN: learned noise on the weights explores, without ε.

    Departure: a batch has one draw of noise; in acting, each environment has its own.

    Reference: Fortunato et al. (2018), arXiv 1706.10295.
    """
    return deep(
        network=MLP(hidden=(64, 64), layer=Noisy()),
        head=Scalar(stream=Plain(layer=Noisy())),
        explorer=Greedy(),
    )


@named
def m_dqn() -> Agent:
    """Munchausen DQN: soft Q-learning with a bonus of α τ log π(a | s); α 0.9, τ 0.03, floor −1.

    Reference: Vieillard, Pietquin and Geist (2020), arXiv 2007.14430.
    """
    return deep(bootstrap=Munchausen())


@named
def boltzmann_dqn() -> Agent:
    """DQN with a softmax in place of the maximum, in acting and in the target.

    Departure: it acts by a softmax too, at a temperature that falls; the paper acts ε-greedily.

    Reference: Song, Parr and Carin (2019), arXiv 1812.00456.
    """
    return deep(
        bootstrap=Boltzmann(temperature=0.1),
        explorer=BoltzmannExplorer(temperature=Linear(start=1.0, end=0.05, steps=20_000)),
    )


@named
def hl_gauss_dqn() -> Agent:
    """DQN by classification: values are histograms, targets are Gaussians spread over the bins.

    Departure: returns are on R2D2's square-root scale, where 101 bins reach from −240 to 240.

    Reference: Farebrother et al. (2024), arXiv 2403.03950.
    """
    return deep(head=HLGauss(low=-15.0, high=15.0, bins=101, rescaling=SquareRoot()))
