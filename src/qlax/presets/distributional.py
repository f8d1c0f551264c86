"""Deep agents that learn the distribution of the return; Rainbow, which combines them all."""

from qlax.agent import Agent
from qlax.bootstraps import Double, Munchausen
from qlax.explorers import Greedy
from qlax.heads import C51, FQF, IQN, Dueling, QuantileRegression
from qlax.layers import Noisy
from qlax.presets.deep import BATCH_SIZE, CAPACITY, deep
from qlax.presets.fitted import named
from qlax.replay import Prioritised
from qlax.targets import Periodic


@named
def c51() -> Agent:
    """C51: the return's distribution as a histogram over 51 atoms.

    Departure: atoms from −200 to 200 instead of −10 to 10, since rewards are not clipped.

    Reference: Bellemare, Dabney and Munos (2017), arXiv 1707.06887.
    """
    return deep(head=C51(low=-200.0, high=200.0))


@named
def qr_dqn() -> Agent:
    """QR-DQN: the return's quantiles, at fixed levels.

    Departure: 51 quantiles instead of 200.

    Reference: Dabney et al. (2018), arXiv 1710.10044.
    """
    return deep(head=QuantileRegression())


@named
def iqn() -> Agent:
    """IQN: the return's quantile function, at levels drawn anew for every batch.

    Departures: 16 levels shared by a batch instead of 64 for each of its samples; acting uses the
    midpoints of 32 equal intervals, where the paper draws levels.

    Reference: Dabney et al. (2018), arXiv 1806.06923.
    """
    return deep(head=IQN())


@named
def fqf() -> Agent:
    """FQF: the return's quantiles, at levels that are learned too.

    Departures: the levels' network learns with the others' optimiser, slowed down; a target's
    samples are weighted by the widths they stand for, where the paper gives them equal weights;
    quantiles between 64 evenly spaced levels are interpolated.

    Reference: Yang et al. (2019), arXiv 1911.02140.
    """
    return deep(head=FQF())


@named
def m_iqn() -> Agent:
    """Munchausen IQN.

    Departures: those of `iqn`.

    Reference: Vieillard, Pietquin and Geist (2020), arXiv 2007.14430.
    """
    return deep(head=IQN(), bootstrap=Munchausen())


@named
def rainbow() -> Agent:
    """Rainbow: C51, double, dueling, prioritised replay, three steps, noisy layers.

    Departures: atoms from −200 to 200; priorities from the error of the means instead of the
    cross-entropy; a plain MLP in front of the two noisy streams; one draw of noise serves a whole
    batch, and the online network has the same one in s, where it learns, as in s′, where it
    chooses.

    Reference: Hessel et al. (2018), arXiv 1710.02298.
    """
    return deep(
        head=C51(low=-200.0, high=200.0, stream=Dueling(hidden=64, layer=Noisy())),
        bootstrap=Double(),
        explorer=Greedy(),
        replay=Prioritised(capacity=CAPACITY, batch_size=BATCH_SIZE, n_step=3, exponent=0.5),
        target=Periodic(period=500),
        policy="online",
    )
