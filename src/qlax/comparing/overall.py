"""Agents compared over several environments."""

from collections.abc import Sequence

import numpy as np

from qlax.comparing import statistics
from qlax.comparing.references import reference_of
from qlax.comparing.results import AgentResult, Overall, Task, result_of
from qlax.comparing.verdict import pairs_with, verdict


def overall_of(tasks: Sequence[Task], seed: int) -> tuple[Overall | None, list[str]]:
    """Return the comparison over all environments that agents share."""
    several = [task for task in tasks if len(task.agents) > 1]
    if len(several) < 2:
        return None, []
    found = [{result.agent: result.scores[:, 0] for result in task.agents} for task in several]
    shared = [agent for agent in found[0] if all(agent in task for task in found)]
    if len(shared) < 2:
        return None, []
    notes = []
    seeds = {agent: min(len(task[agent]) for task in found) for agent in shared}
    cut = [agent for agent in shared if any(len(task[agent]) > seeds[agent] for task in found)]
    if cut:
        notes.append(
            "Over all environments the first "
            + ", ".join(f"{seeds[agent]} seeds of {agent}" for agent in cut)
            + " are taken: not every environment has more."
        )
    references = [reference_of(task.env) for task in several]
    scores = {
        agent: np.stack([task[agent][: seeds[agent]] for task in found], axis=1) for agent in shared
    }
    envs = [task.env for task in several]
    unknown = [env for env, known in zip(envs, references, strict=True) if known is None]
    if unknown:
        notes.append(
            f"Scores are not averaged over environments: for {', '.join(unknown)} no reference "
            "scores are known."
        )
        results: list[AgentResult] = []
        order = sorted(shared, key=lambda agent: -_mean_odds(agent, shared, scores))
    else:
        for agent in shared:
            columns = scores[agent].T
            scores[agent] = np.stack(
                [
                    np.asarray([known.normalised(score) for score in column])
                    for known, column in zip(references, columns, strict=True)
                    if known is not None
                ],
                axis=1,
            )
        results = sorted(
            (result_of(agent, scores[agent], None, None, seed) for agent in shared),
            key=lambda result: -result.iqm,
        )
        order = [result.agent for result in results]
    pairs = pairs_with(order[0], order[1:], scores, seed=seed)
    said = verdict(pairs, f" over {len(envs)} environments", scores)
    return Overall(envs, results, pairs, said), notes


def _mean_odds(agent: str, agents: Sequence[str], scores: dict[str, np.ndarray]) -> float:
    """Return the mean probability of improvement over the others."""
    others = [other for other in agents if other != agent]
    odds = [statistics.probability_of_improvement(scores[agent], scores[other]) for other in others]
    return float(np.mean(odds))
