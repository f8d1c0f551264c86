"""Rules that end training early; a run that ended so can be resumed to its end."""

from qlax.observers.stopping.when import StopWhen
from qlax.observers.stopping.when_no_better import StopWhenNoBetter
from qlax.observers.stopping.when_solved import StopWhenSolved
from qlax.observers.stopping.words import rule_of

__all__ = ["StopWhen", "StopWhenNoBetter", "StopWhenSolved", "rule_of"]
