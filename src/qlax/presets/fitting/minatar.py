"""MinAtar's five games: four agents, sized for a million frames."""

from qlax.agent import Agent
from qlax.explorers import EpsilonGreedy
from qlax.heads import C51, Dueling
from qlax.layers import Noisy
from qlax.networks import CNN
from qlax.observations import Raw
from qlax.optimizers import Adam
from qlax.presets.fitting.settings import Asked, Tuning
from qlax.replay import LambdaReturn, Prioritised, Rollout, Uniform
from qlax.schedules import Linear
from qlax.targets import Periodic

STEPS = 1_000_000


def _minatar(agent: Agent) -> Agent:
    # One update of batch 32 for every four frames, as on Atari; eight games at a time share the
    # way into the compiled program and back.
    return agent.replace(
        network=CNN(),
        observation=Raw(),
        explorer=EpsilonGreedy(epsilon=Linear(start=1.0, end=0.02, steps=100_000)),
        replay=Uniform(capacity=100_000, batch_size=32, n_step=3),
        target=Periodic(period=1_000),
        optimizer=Adam(learning_rate=2.5e-4, epsilon=1e-5, max_grad_norm=10.0),
        learning_starts=5_000,
        num_envs=8,
        updates=2,
        policy="online",
    )


def _rainbow_minatar(agent: Agent) -> Agent:
    return _minatar(agent).replace(
        head=C51(low=0.0, high=50.0, stream=Dueling(hidden=128, layer=Noisy())),
        explorer=agent.explorer,
        replay=Prioritised(capacity=100_000, batch_size=32, n_step=3, exponent=0.5),
    )


def _pqn_minatar(agent: Agent) -> Agent:
    return agent.replace(
        network=CNN(layer_norm=True),
        observation=Raw(),
        explorer=EpsilonGreedy(epsilon=Linear(start=1.0, end=0.05, steps=STEPS // 10)),
        replay=Rollout(
            length=32, minibatches=16, lambda_return=LambdaReturn(decay=0.65, kind="peng")
        ),
        optimizer=Adam(
            learning_rate=Linear(start=5e-4, end=5e-5, steps=STEPS // 64),
            max_grad_norm=10.0,
        ),
        num_envs=64,
        learning_starts=64 * 32,
        update_every=32,
        updates=32,
    )


_TUNES = {
    "dqn": _minatar,
    "m_iqn": _minatar,
    "rainbow": _rainbow_minatar,
    "pqn": _pqn_minatar,
}
_GAMES = ("Asterix", "Breakout", "Freeway", "Seaquest", "SpaceInvaders")


def settings_of(env: str) -> Asked:
    """Return what a game asks of the four; the others get what images ask for."""
    game = env.removeprefix("MinAtar/").removesuffix("-v1")
    if game not in _GAMES:
        return Asked()
    return Asked(named={name: Tuning(tune, STEPS) for name, tune in _TUNES.items()})
