"""Runs, policies and evaluations as HTML."""

import contextlib
import math
import shlex
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from qlax.errors import UsageError
from qlax.notebooks import html
from qlax.notebooks.curve import MAIN, SOLVED, curve, finite
from qlax.notebooks.parts import fields_table
from qlax.runs import folder
from qlax.wording import counted, mean_of, significant

if TYPE_CHECKING:
    from qlax.evaluation import Evaluation
    from qlax.policy import Policy
    from qlax.runs.outcome import Run

_BARS, _WIDTH, _HEIGHT = 20, 280, 60


def run_card(run: "Run") -> str:
    """Return a run: its result, its learning curve, and what can be done next."""
    result = run.result
    title = f"{result.get('agent')} on {result.get('env')}, seed {result.get('seed')}"
    rows = [("result", _outcome(result))]
    if "env_steps" in result:
        steps = f"{result['env_steps']:,} steps, {counted(result['updates'], 'update')}"
        seconds = result.get("train_seconds")
        took = "" if seconds is None else f", {seconds:,.1f} s"
        rows.append(("training", html.text(f"{steps}{took}, on {result['backend']}")))
    best = result.get("best")
    if best:
        said = f"mean return {best['mean']:,.4g} after {best['env_steps']:,.0f} steps, in best/"
        rows.append(("best", html.text(said)))
    if result.get("stopped"):
        rows.append(("stopped", html.text(str(result["stopped"]))))
    rows.append(("folder", html.code(f"{run.folder}/")))
    where = str(run.folder)
    steps_on = [
        ("again, anywhere", html.code(f"policy = qlax.load({where!r})")),
        ("more episodes", html.code("qlax.evaluate(run.policy, episodes=100)")),
        ("train longer", html.code(f"qlax.resume({where!r}, steps=…)")),
        ("in a shell", html.code(f"qlax eval {shlex.quote(where)}")),
    ]
    return html.card(
        title, html.table(rows), _curve(run), html.folded("next steps", html.table(steps_on))
    )


def policy_card(policy: "Policy") -> str:
    """Return a policy: for what it is, and the agent that it came from."""
    import jax

    spec = policy.spec
    numbers = sum(leaf.size for leaf in jax.tree.leaves(policy.params.network))
    rows = [
        ("observation", html.code(str(spec.observation))),
        ("actions", html.text(str(spec.num_actions))),
        ("parameters", html.text(f"{numbers:,}")),
    ]
    agent = html.folded("the agent it came from", fields_table(policy.agent))
    return html.card(f"Policy for {spec.id}", html.table(rows), agent)


def evaluation_card(evaluation: "Evaluation") -> str:
    """Return an evaluation: mean and spread, and how the returns are distributed."""
    found = evaluation
    rows = [
        ("mean return", html.text(_mean(found.mean, found.std, found.episodes))),
        ("from … to", html.text(f"{found.min:,.4g} … {found.max:,.4g}")),
        ("episodes", html.text(f"{found.episodes:,}, seeds from {found.seed:,} on")),
    ]
    if found.optimum is not None:
        rows.append(("best possible", html.text(f"{found.optimum:,.4g}")))
    if found.cut:
        rows.append(("cut", html.text(f"{counted(found.cut, 'episode')} that nothing ended")))
    if found.left_out:
        rows.append(("left out", html.text(counted(found.left_out, "episode"))))
    return html.card("Evaluation", html.table(rows), _histogram(found.returns))


def _outcome(result: Any) -> str:
    evaluation = result.get("eval")
    if evaluation is None:
        return html.text(
            f"not evaluated{': ' if result.get('eval_error') else ''}"
            f"{result.get('eval_error') or ''}"
        )
    mean, std, episodes = (evaluation[name] for name in ("mean", "std", "episodes"))
    said = html.text(
        f"mean return {_mean(mean, std, episodes)} over "
        f"{counted(episodes, 'episode')} of the original environment"
    )
    threshold = result.get("threshold")
    if threshold is None:
        return said
    verdict = html.marked("solved", SOLVED) if result.get("solved") else html.text("not solved")
    return f"{verdict}: {said} {html.text(f'(threshold {threshold:g})')}"


def _mean(mean: float, std: float, episodes: int) -> str:
    return f"{mean_of(mean, std, episodes)} ± {significant(std)}"


def _curve(run: "Run") -> str:
    """Return the learning curve; nothing where there are no metrics any more."""
    rows: list[dict[str, Any]] = []
    with contextlib.suppress(UsageError, OSError):
        rows = folder.read_metrics(run.folder)
    evaluated, trained = (
        finite([(row["env_steps"], row.get(name)) for row in rows])
        for name in ("eval_return", "episode_return")
    )
    main = evaluated or trained
    if not main:
        return ""
    kind = "greedy evaluation" if evaluated else "while exploring"
    return html.line(f"return, {kind}") + curve(
        main,
        trained if evaluated else (),
        until=max(main[-1][0], rows[-1]["env_steps"]),
        threshold=run.result.get("threshold"),
        said="returns over environment steps",
    )


def _histogram(returns: Sequence[float]) -> str:
    """Return bars of how often which returns came; nothing where all are alike."""
    known = [value for value in returns if math.isfinite(value)]
    low, high = min(known, default=0.0), max(known, default=0.0)
    if high <= low:
        return ""
    counts = [0] * _BARS
    for value in known:
        counts[min(int((value - low) / (high - low) * _BARS), _BARS - 1)] += 1
    wide, most = _WIDTH / _BARS, max(counts)
    bars = "".join(
        f'<rect x="{index * wide:.1f}" y="{_HEIGHT * (1 - count / most):.1f}" '
        f'width="{wide - 1:.1f}" height="{_HEIGHT * count / most:.1f}" fill="{MAIN}"/>'
        for index, count in enumerate(counts)
        if count
    )
    base = f'<line x1="0" y1="{_HEIGHT}" x2="{_WIDTH}" y2="{_HEIGHT}" stroke="currentColor"/>'
    labels = "".join(
        f'<text x="{x}" y="{_HEIGHT + 14}" text-anchor="{anchor}" fill="currentColor" '
        f'fill-opacity=".75">{value:,.4g}</text>'
        for x, anchor, value in ((0, "start", low), (_WIDTH, "end", high))
    )
    return (
        f'<svg viewBox="0 0 {_WIDTH} {_HEIGHT + 20}" role="img" aria-label="returns" '
        f'style="max-width:{_WIDTH}px;width:100%;height:auto;display:block" '
        f'font-family="sans-serif" font-size="11">{bars}{base}{labels}</svg>'
    )
