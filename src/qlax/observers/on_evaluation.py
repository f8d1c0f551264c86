"""A function called at every evaluation."""

from collections.abc import Callable

from qlax.observers.core import Evaluated, Observer


class OnEvaluation(Observer):
    """Calls a function with every evaluation, those while training and the final one.

    >>> qlax.observers.OnEvaluation(lambda event: print(event.env_steps, event.evaluation.mean))

    Args:
        call: The function; `event.is_final` says which evaluation it is.
    """

    def __init__(self, call: Callable[[Evaluated], None]) -> None:
        self.call = call

    def evaluation(self, event: Evaluated) -> None:
        """Call the function."""
        self.call(event)
