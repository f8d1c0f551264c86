"""Gathers what completion is to know. Takes seconds: a process of its own."""

from typing import Any

from qlax.cli.completion import known


def main() -> None:
    """Gather and keep it."""
    mark = known.path().with_suffix(".gathering")
    try:
        known.write(gathered())
    finally:
        mark.unlink(missing_ok=True)


def gathered() -> known.Known:
    """Return everything that completion is to know."""
    from qlax import presets
    from qlax.cli.environments import ids
    from qlax.cli.parts import kinds_for, type_at
    from qlax.cli.summary import agents

    key = known.key()  # before the work: what changes meanwhile is gathered again
    document = known.without_jax()
    fields: dict[str, dict[str, list[str]]] = {}
    parts: dict[str, dict[str, list[str]]] = {}
    for name, make in presets.AGENTS.items():
        agent = make()
        fields[name] = _fields(agent)
        for path in fields[name]:
            for kind, part in kinds_for(type_at(agent, path)).items():
                place = f"{path}={kind}"
                if place not in parts:
                    parts[place] = _fields_of_kind(part)
    return {
        "key": key,
        "commands": document["commands"],
        "agents": {name: summary for name, summary, _ in agents()},
        "environments": ids(),
        "fields": fields,
        "parts": parts,
    }


def _fields(part: Any) -> dict[str, list[str]]:
    """Return the paths in a part, with what each takes and is."""
    from qlax.cli.overrides import options_in

    return {
        option.path.replace("_", "-"): [option.metavar or "VALUE", option.text]
        for option in options_in(part)
    }


def _fields_of_kind(kind: type) -> dict[str, list[str]]:
    """Return the paths in a part as it is by default; none if it needs settings."""
    try:
        return _fields(kind())
    except (TypeError, ValueError):
        return {}


if __name__ == "__main__":
    main()
