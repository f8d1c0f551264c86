"""Agents with names: functions that return an ordinary `Agent`; any part can be replaced.

`dqn()` is the agent as it was published, or as its page has it. `dqn(env="MountainCar-v0")` is what
`qlax.train("MountainCar-v0", "dqn")` trains: fitted to that environment, if we have tried it or if
it shows images.
"""

from qlax.presets.article import article_dqn, article_q_table
from qlax.presets.distributional import c51, fqf, iqn, m_iqn, qr_dqn, rainbow
from qlax.presets.dqn_family import (
    boltzmann_dqn,
    double_dqn,
    dqn,
    dqn_nature,
    dueling_dqn,
    hl_gauss_dqn,
    m_dqn,
    noisy_dqn,
    per_dqn,
)
from qlax.presets.ensembles import bootstrapped_dqn
from qlax.presets.fitted import fitted
from qlax.presets.linear import q_table, tile_coding
from qlax.presets.online import pqn, pqn_lstm, stream_q
from qlax.presets.pixels import btr
from qlax.presets.recurrent import drqn, r2d2
from qlax.presets.resolve import AGENTS, Preset, resolve
from qlax.presets.tabular import (
    double_q_learning,
    dyna_q,
    expected_sarsa,
    q_lambda,
    q_learning,
    sarsa,
    tree_backup,
)

__all__ = [
    "AGENTS",
    "Preset",
    "article_dqn",
    "article_q_table",
    "boltzmann_dqn",
    "bootstrapped_dqn",
    "btr",
    "c51",
    "double_dqn",
    "double_q_learning",
    "dqn",
    "dqn_nature",
    "drqn",
    "dueling_dqn",
    "dyna_q",
    "expected_sarsa",
    "fitted",
    "fqf",
    "hl_gauss_dqn",
    "iqn",
    "m_dqn",
    "m_iqn",
    "noisy_dqn",
    "per_dqn",
    "pqn",
    "pqn_lstm",
    "q_lambda",
    "q_learning",
    "q_table",
    "qr_dqn",
    "r2d2",
    "rainbow",
    "resolve",
    "sarsa",
    "stream_q",
    "tile_coding",
    "tree_backup",
]
