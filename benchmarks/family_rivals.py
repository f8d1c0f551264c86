"""The family's speed beside other libraries that have the same agent, on one core.

The work of `contestants/workload.py`, with 51 atoms or quantiles, 16 levels, or all of Rainbow; of
CleanRL's scripts, which run unchanged, it is theirs: networks, batches and schedule. Contestants
take turns; ratios are to qlax's compiled driver with the same agent, within each round.
"""

import contest
from contest import Contest, Contestant

# Of each agent, who else has it.
RIVALS = {
    "qr_dqn": ("sb3_contrib", "tianshou"),
    "c51": ("tianshou",),
    "iqn": ("tianshou",),
    "rainbow": ("tianshou",),
    "cleanrl_c51": ("cleanrl",),
    "cleanrl_pqn": ("cleanrl",),
}


def _rival(library: str, agent: str) -> Contestant:
    against = f"qlax-{agent}"
    if library == "sb3_contrib":
        words = ("--library", "sb3_contrib")
        title = f"SB3-contrib, {agent}"
        return Contestant(title, "rivals", "sb3-contrib", "stable_baselines.py", words, against)
    if library == "cleanrl":
        words = ("--agent", agent.removeprefix("cleanrl_"))
        title = f"CleanRL, {words[1]}.py"
        return Contestant(title, "cleanrl", "torch", "cleanrl_script.py", words, against)
    words = ("--agent", agent)
    title = f"Tianshou, {agent}"
    return Contestant(title, "rivals", "tianshou", "tianshou_agents.py", words, against)


def _contestants() -> dict[str, Contestant]:
    made = {}
    for agent, libraries in RIVALS.items():
        for driver, name in (("compiled", f"qlax-{agent}"), ("host", f"qlax-host-{agent}")):
            words = ("--agent", agent, "--driver", driver)
            title = f"qlax, {driver}, {agent}"
            made[name] = Contestant(title, "qlax", "qlax", "qlax_agents.py", words, f"qlax-{agent}")
        for library in libraries:
            made[f"{library}-{agent}"] = _rival(library, agent)
    return made


CONTEST = Contest(_contestants(), reference="qlax-c51")


def main() -> None:
    CONTEST.run(contest.options(__doc__, CONTEST, "family_rivals.json"))


if __name__ == "__main__":
    main()
