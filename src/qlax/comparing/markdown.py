"""A comparison as Markdown."""

import math
from collections.abc import Sequence

from qlax.comparing.results import AgentResult, Comparison, Overall, Task
from qlax.comparing.scores import BASES, in_words
from qlax.comparing.verdict import Pair
from qlax.wording import counted, mean_of, significant

_MOST_FIELDS = 15


def as_markdown(comparison: Comparison) -> str:
    """Return a comparison as Markdown, verdicts first."""
    parts = []
    if comparison.overall is not None:
        parts.append(_overall(comparison.overall))
    parts += [_task(task) for task in comparison.tasks]
    if comparison.notes:
        parts.append("\n".join(f"- {note}" for note in comparison.notes))
    parts.append(_explanation(comparison))
    return "\n\n".join(parts) + "\n"


def table(heads: Sequence[str], rows: Sequence[Sequence[str]], *, numbers: bool = True) -> str:
    """Return a table; columns of numbers are to the right, but for the first."""
    other = "---:" if numbers else "---"
    lines = [_row(heads), _row(["---", *[other] * (len(heads) - 1)])]
    return "\n".join([*lines, *map(_row, rows)])


def cells_of(markdown: str) -> list[list[str]]:
    """Return the cells of a table of Markdown, heads first."""
    lines = [line for line in markdown.splitlines() if line.startswith("|")]
    rows = [line.removeprefix("| ").removesuffix(" |").split(" | ") for line in lines]
    return [[cell.replace("`", "").strip("| ") for cell in row] for row in rows[:1] + rows[2:]]


def middle_of(result: AgentResult) -> str:
    """Return an agent's interquartile mean with its interval: `−99.1 (−101.0 to −98.2)`."""
    spread, size = float(result.scores.std()), result.scores.size
    middle = mean_of(result.iqm, spread, size)
    low, high = (float(end) for end in result.interval)
    if math.isnan(low):
        return middle
    return f"{middle} ({mean_of(low, spread, size)} to {mean_of(high, spread, size)})"


def results_table(task: Task) -> str:
    """Return the table of an environment's agents."""
    has_threshold = any(result.solved is not None for result in task.agents)
    heads = ["agent", "seeds", "IQM (95 % interval)", "mean ± std"]
    heads += ["solved"] if has_threshold else []
    heads += [f"steps to {task.target.value:.4g}"]
    rows = []
    for result in task.agents:
        scores = result.scores[:, 0]
        spread = float(scores.std(ddof=1)) if len(scores) > 1 else 0.0
        mean = mean_of(float(scores.mean()), spread, len(scores))
        shown = f"{mean} ± {significant(spread)}" if len(scores) > 1 else mean
        row = [result.agent, str(len(scores)), middle_of(result), shown]
        row += [f"{result.solved} of {len(scores)}"] if has_threshold else []
        row += ["" if result.steps is None else in_words(result.steps)]
        rows.append(row)
    return table(heads, rows)


def pairs_table(pairs: Sequence[Pair]) -> str:
    """Return the table of the best agent beside each other."""
    rows = [[f"{pair.agent} over {pair.other}", *_odds(pair)] for pair in pairs]
    return table(["", "probability of improvement", "p", "certain"], rows)


def differences_table(task: Task) -> str:
    """Return the table of the settings that differ."""
    names = [result.agent for result in task.agents]
    rows = [[f"`{field}`", *values] for field, values in task.differences[:_MOST_FIELDS]]
    left = len(task.differences) - _MOST_FIELDS
    more = f"\n\nAnd {counted(left, 'more setting')}." if left > 0 else ""
    return table(["setting", *names], rows, numbers=False) + more


def basis_line(task: Task) -> str:
    """Return what runs are compared by, where not all have a final evaluation."""
    return f"Compared by {BASES[task.basis]}, which is what all of them have."


def _task(task: Task) -> str:
    said = task.verdict if task.basis == "final" else f"{task.verdict} {basis_line(task)}"
    parts = [f"## {task.env}", said, results_table(task)]
    if len(task.pairs) > 0:
        parts.append(pairs_table(task.pairs))
        parts.append(
            differences_table(task) if task.differences else "The settings of the agents are alike."
        )
    return "\n\n".join(parts)


def _overall(overall: Overall) -> str:
    parts = [f"## {len(overall.envs)} environments", overall.verdict]
    if overall.agents:
        rows = [
            [result.agent, str(len(result.scores)), _normalised(result)]
            for result in overall.agents
        ]
        parts.append(table(["agent", "seeds each", "normalised IQM (95 % interval)"], rows))
    parts.append(pairs_table(overall.pairs))
    return "\n\n".join(parts)


def _normalised(result: AgentResult) -> str:
    """Return a normalised interquartile mean with its interval."""
    low, high = (float(end) for end in result.interval)
    interval = "" if math.isnan(low) else f" ({low:.3f} to {high:.3f})"
    return f"{result.iqm:.3f}{interval}"


def _explanation(comparison: Comparison) -> str:
    """Return what the columns mean."""
    bases = {task.basis for task in comparison.tasks}
    said = [f"A score is {' or '.join(BASES[basis] for basis in sorted(bases))}."]
    said.append(
        "IQM: interquartile mean over seeds, with the 95 % interval of the stratified bootstrap. "
        "Probability of improvement: that a run of the one scores more than a run of the other. "
        "p: permutation test, adjusted after Holm. Steps: the median of the steps after which a "
        "seed first reached that return."
    )
    if comparison.overall is not None and comparison.overall.agents:
        said.append("Normalised: 0 for random play, 1 for the threshold, or for a human in Atari.")
    return " ".join(said)


def _odds(pair: Pair) -> list[str]:
    low, high = (float(end) for end in pair.interval)
    interval = "" if math.isnan(low) else f" ({low:.2f} to {high:.2f})"
    certain = "yes" if pair.is_certain else "no"
    return [f"{pair.probability:.2f}{interval}", f"{pair.p_value:.2g}", certain]


def _row(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |"
