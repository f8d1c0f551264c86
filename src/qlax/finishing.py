"""The end of a run: the policy is saved, then evaluated, then the result is written."""

import math
from typing import Any, NamedTuple, cast

from qlax.errors import EnvironmentFailure, UsageError
from qlax.evaluation import EVALUATION_SEED, Evaluation, evaluate_in, usual_episodes
from qlax.observers.core import Audience, Ended, Evaluated, Member
from qlax.policy import Policy
from qlax.runs import folder
from qlax.runs.outcome import Result, Run
from qlax.runs.timing import Timing
from qlax.spaces import EnvSpec
from qlax.warning import warn

# An evaluation of no given length takes at most this share of training, or this many seconds.
_EVALUATION_SHARE, _LEAST_EVALUATION = 0.1, 30.0


class Trained(NamedTuple):
    """What training made of a seed."""

    member: Member
    policy: Policy
    spec: EnvSpec
    """The environment it was trained in."""
    env_steps: int
    updates: int
    resumed_at: int
    """Environment steps after which the run last went on."""
    stopped: str | None
    """Why an observer ended training early."""
    best: dict[str, float] | None
    """What the best policy was chosen by."""


def finish(trained: Trained, training: Timing, audience: Audience) -> Run:
    """Save the policy, evaluate it, write the result, and tell the observers.

    Args:
        trained: What there is.
        training: Where its time went; that of the evaluation is counted there too.
        audience: The observers.
    """
    member, policy = trained.member, trained.policy
    plan, path = member.plan, member.folder
    policy.save(path / folder.POLICY)
    timing = training.part()
    threshold = trained.spec.reward_threshold
    with timing.measuring("eval"):
        evaluation, failure = _evaluate(member, policy, training)
    solved = None
    if evaluation is not None and threshold is not None:
        solved = evaluation.mean >= threshold
    document: dict[str, Any] = {
        "env": trained.spec.id,
        "agent": plan.agent_name,
        "backend": plan.backend,
        "seed": plan.seed,
        "env_steps": trained.env_steps,
        "updates": trained.updates,
        "resumed_at": trained.resumed_at,
        "stopped": trained.stopped,
        **training.as_json(),
        **timing.as_json(),
        "eval": None if evaluation is None else evaluation.as_json(),
        "eval_error": failure,
        "best": trained.best,
        "threshold": threshold,
        "solved": solved,
    }
    folder.write_json(path / folder.RESULT, document)
    result = cast(Result, document)
    if evaluation is not None:
        event = Evaluated(member=member, env_steps=trained.env_steps, evaluation=evaluation)
        audience.evaluation(event)
    audience.end(Ended(member=member, spec=trained.spec, result=result))
    return Run(path, result, policy)


def _evaluate(
    member: Member, policy: Policy, training: Timing
) -> tuple[Evaluation | None, str | None]:
    """Return the final evaluation, None if none was asked for, and why it failed."""
    plan = member.plan
    episodes, seconds = plan.eval_episodes, math.inf
    if episodes == 0:
        return None, None
    if episodes is None:
        trained = training.as_json().get("train_seconds") or 0.0
        episodes = usual_episodes(plan.source)
        seconds = max(_LEAST_EVALUATION, _EVALUATION_SHARE * trained)
    seed = EVALUATION_SEED + plan.seed
    try:
        return evaluate_in(policy, plan.source, episodes, seed, seconds), None
    except (UsageError, EnvironmentFailure) as error:
        warn(f"The policy is saved, but not evaluated: {error}")
        return None, str(error)
