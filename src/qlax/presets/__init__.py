"""Agents with names: functions that return an ordinary `Agent`; any part can be replaced."""

from qlax.presets.article import article_dqn, article_q_table
from qlax.presets.deep import dqn
from qlax.presets.resolve import AGENTS, Preset, resolve
from qlax.presets.tables import q_table, tile_coding

__all__ = [
    "AGENTS",
    "Preset",
    "article_dqn",
    "article_q_table",
    "dqn",
    "q_table",
    "resolve",
    "tile_coding",
]
