"""Writes the run that `test_formats.py` keeps: `python -m tests.formats.store`.

Once qlax has been published with a format, its files here stay: a change that cannot read them
raises the number in `qlax.runs.formats`, and they become an older run, to be refused.
"""

import shutil
from pathlib import Path

import qlax

HERE = Path(__file__).parent
STEPS = 40

AGENT = qlax.Agent(
    network=qlax.networks.MLP(hidden=(2,)),
    observation=qlax.observations.Normalise(),
    replay=qlax.replay.Prioritised(capacity=16, batch_size=4),
    learning_starts=10,
)


def main():
    """Train for a moment and keep what can be read back."""
    out = HERE / "stored"
    shutil.rmtree(out, ignore_errors=True)
    qlax.train("CartPole-v1", AGENT, steps=STEPS, out=out, eval_episodes=0, checkpoint_every=40)
    for name in ("curve.png", "result.json"):
        (out / name).unlink()


if __name__ == "__main__":
    main()
