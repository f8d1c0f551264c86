"""The claim: on Atari qlax does the same DQN work faster than Stable-Baselines3, on two cores.

Breakout, the network of Nature, one update of batch 32 for every four steps; the rest is in
`contestants/atari_work.py`. Contestants take turns, with all cores of the machine. The last two
lines are PyTorch's updates alone, without games or replay: what its convolutions would allow.
"""

import contest
from contest import Contest, Contestant

REFERENCE = "qlax"
RIVAL, UPDATE = "stable_baselines_atari.py", "torch_atari_update.py"

CONTEST = Contest(
    {
        REFERENCE: Contestant("qlax, 8 games", "qlax", "qlax", "qlax_atari.py"),
        "qlax-1": Contestant("qlax, 1 game", "qlax", "qlax", "qlax_atari.py", ("--games", "1")),
        "sb3": Contestant("Stable-Baselines3, 1 game", "rivals", "stable-baselines3", RIVAL),
        "sb3-8": Contestant(
            "Stable-Baselines3, 8 games", "rivals", "stable-baselines3", RIVAL, ("--games", "8")
        ),
        "torch": Contestant("PyTorch, updates alone", "rivals", "torch", UPDATE),
        "torch-bfloat16": Contestant(
            "PyTorch, updates alone, bfloat16", "rivals", "torch", UPDATE, ("--bfloat16",)
        ),
    },
    reference=REFERENCE,
    one_core=False,
)


def main() -> None:
    CONTEST.run(contest.options(__doc__, CONTEST, "atari_speed.json"))


if __name__ == "__main__":
    main()
