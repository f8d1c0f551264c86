"""The claim: qlax does the same DQN work many times faster than other libraries, on one core.

One DQN update of batch 128 for every step of one CartPole-v1, relu MLP 64×64, the rest as in
`contestants/workload.py`. Each contestant is a process of its own on the same core; they take
turns, A B C … A B C …; the window of measurement begins after compilation and warm-up. The table
has medians over rounds, and the ratio to qlax taken within each round. The last line is what the
arithmetic alone would allow.
"""

import statistics

import contest
from contest import Contest, Contestant

REFERENCE, FLOOR = "qlax-compiled", "arithmetic"

CONTEST = Contest(
    {
        REFERENCE: Contestant(
            "qlax, compiled", "qlax", "qlax", "qlax_agents.py", ("--driver", "compiled")
        ),
        "qlax-host": Contestant(
            "qlax, Gymnasium on the host", "qlax", "qlax", "qlax_agents.py", ("--driver", "host")
        ),
        "sb3": Contestant(
            "Stable-Baselines3",
            "rivals",
            "stable-baselines3",
            "stable_baselines.py",
            ("--library", "stable_baselines3"),
        ),
        "sbx-1": Contestant(
            "SBX, updates one at a time",
            "rivals",
            "sbx-rl",
            "stable_baselines.py",
            ("--library", "sbx"),
        ),
        "sbx-16": Contestant(
            "SBX, 16 updates at a time",
            "rivals",
            "sbx-rl",
            "stable_baselines.py",
            ("--library", "sbx", "--updates-at-once", "16"),
        ),
        "rejax-50k": Contestant("rejax, replay of 50,000", "rejax", "rejax", "rejax_dqn.py"),
        "rejax-10k": Contestant(
            "rejax, replay of 10,000", "rejax", "rejax", "rejax_dqn.py", ("--capacity", "10000")
        ),
        FLOOR: Contestant("arithmetic alone", "qlax", "qlax", "arithmetic.py"),
    },
    reference=REFERENCE,
)


def main() -> None:
    rounds = CONTEST.run(contest.options(__doc__, CONTEST, "speed.json"))
    if flops := contest.values(rounds, FLOOR, "flops_of_update"):
        in_jax, in_numpy = (
            statistics.median(contest.values(rounds, FLOOR, f"{name}_gflops_per_second"))
            for name in ("jax", "numpy")
        )
        print(
            f"\nAn update's matrix products are {flops[0] / 1e6:.2f} MFLOP; products of 128×64 by "
            f"64×64 run at {in_jax:.0f} GFLOP/s in a JAX scan, {in_numpy:.0f} in NumPy."
        )


if __name__ == "__main__":
    main()
