"""What about a plan may not be meant: sentences to tell before a run begins."""

from collections.abc import Iterator

from qlax.runs.plan import Plan
from qlax.schedules import Linear
from qlax.targets import FinishesApart


def notes_on(plan: Plan, own_limit: int | None) -> Iterator[str]:
    """Return a sentence for everything about a plan that may surprise.

    Args:
        plan: The plan.
        own_limit: Steps after which the environment itself ends an episode, or None.
    """
    for name, schedule in getattr(plan.agent.explorer, "__dict__", {}).items():
        if not isinstance(schedule, Linear) or schedule.steps is None:
            continue
        if schedule.begin + schedule.steps > plan.steps:
            yield (
                f"exploration will not be over: {name} takes {schedule.steps:,} steps "
                f"from {schedule.start:g} to {schedule.end:g} (agent.explorer.{name}.steps)"
            )
    if isinstance(plan.agent.target, FinishesApart) and plan.agent.policy == "online":
        yield (
            "the finished policy will have the newest parameters, not those the target "
            "keeps for it (agent.policy=target)"
        )
    limit = plan.agent.time_limit
    if limit is not None and own_limit is not None and limit > own_limit:
        yield (
            f"training episodes last up to {limit:,} steps, so their returns may be larger than "
            f"those of the environment, whose episodes end after {own_limit:,} (agent.time_limit)"
        )
