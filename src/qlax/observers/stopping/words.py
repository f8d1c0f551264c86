"""Rules by the words that name them."""

from qlax.errors import UsageError
from qlax.observers.core import Observer
from qlax.observers.stopping.when import StopWhen
from qlax.observers.stopping.when_no_better import StopWhenNoBetter
from qlax.observers.stopping.when_solved import StopWhenSolved

_NAMED: dict[str, type[Observer]] = {"solved": StopWhenSolved, "plateau": StopWhenNoBetter}


def rule_of(words: str) -> Observer:
    """Return a rule: `solved`, `plateau`, or a condition such as `return>=200`.

    Raises:
        UsageError: if the words are none of these.
    """
    named = _NAMED.get(words.strip())
    if named is not None:
        return named()
    try:
        return StopWhen(words)
    except UsageError:
        raise UsageError(
            f"stop is {words!r}, but must be solved, plateau, or a metric, a comparison and a "
            "number, such as 'return>=200', 'minutes>=30' or 'loss<0.1'."
        ) from None
