"""Evaluation of policies: finished ones, and those under way."""

from qlax.evaluation.core import (
    EVALUATION_SEED,
    LONGEST,
    Evaluation,
    evaluate,
    evaluate_in,
    require_fit,
    usual_episodes,
)

__all__ = [
    "EVALUATION_SEED",
    "LONGEST",
    "Evaluation",
    "evaluate",
    "evaluate_in",
    "require_fit",
    "usual_episodes",
]
