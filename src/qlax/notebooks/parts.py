"""An agent as a table of its parts, each of which unfolds into its fields."""

from typing import Any

from qlax import config
from qlax.notebooks import html

_LONGEST = 80
"""Letters of a part's summary."""


def agent_card(agent: Any) -> str:
    """Return an agent as HTML."""
    return html.card(type(agent).__name__, fields_table(agent))


def fields_table(part: Any) -> str:
    """Return the fields of a part, parts among them folded; what is not as by default is bold."""
    rows = []
    for entry in config.fields_of(part):
        value = getattr(part, entry.name)
        if config.is_part(value) and config.fields_of(value):
            shown = html.folded(html.code(_summary(value)), fields_table(value))
        else:
            shown = html.code(config.pasteable(value))
            if not config.is_default(entry, value):
                shown = f"<strong>{shown}</strong>"
        rows.append((entry.name, shown))
    return html.table(rows)


def _summary(part: Any) -> str:
    """Return a part as source text, if that is short enough, else its name alone."""
    source = config.pasteable(part)
    return source if len(source) <= _LONGEST else f"{source.partition('(')[0]}(…)"
