"""What an environment that nobody tried asks of agents: one rule for each thing to decide.

A rule looks at what an environment is like and gives fields of `Settings` with a reason. Rules may
look at what those before them set. None looks at a clock, so that the same environment is always
trained alike. They were found on environments that we know, and are held against the settings that
were tried there: `python benchmarks/advice.py`.
"""

from qlax.presets.advising.core import Rule
from qlax.presets.advising.rules.exploration import exploration
from qlax.presets.advising.rules.horizon import horizon
from qlax.presets.advising.rules.network import network
from qlax.presets.advising.rules.observations import observations
from qlax.presets.advising.rules.rewards import rewards_and_returns
from qlax.presets.advising.rules.steps import steps_and_memory
from qlax.presets.advising.rules.updates import updates

RULES: tuple[Rule, ...] = (
    Rule("steps", ("steps", "capacity"), steps_and_memory),
    Rule("exploration", ("epsilon", "duration"), exploration),
    Rule("observations", ("observation",), observations, False),
    Rule("network", ("by_sight", "network", "hidden"), network, False),
    Rule("rewards", ("reward", "returns"), rewards_and_returns),
    Rule("horizon", ("discount", "n_step", "time_limit"), horizon),
    Rule(
        "updates",
        (
            *("batch_size", "learning_rate", "max_grad_norm", "target", "policy"),
            *("num_envs", "updates", "learning_starts"),
        ),
        updates,
        False,
    ),
)
"""All of them, in the order in which they decide."""
