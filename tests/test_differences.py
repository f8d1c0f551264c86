"""In what two agents differ, and how that is told."""

from qlax import Agent, explorers, heads, networks, optimizers, replay, schedules
from qlax.differences import Difference, by_part, differences, still_there

BEFORE = Agent(replay=replay.Uniform(capacity=100_000, n_step=5), num_envs=1)
AFTER = BEFORE.replace(
    replay=replay.Uniform(capacity=20_000, n_step=10),
    explorer=explorers.EpsilonGreedy(epsilon=schedules.Linear(start=1.0, end=0.0, steps=50_000)),
    network=networks.CNN(hidden=()),
    optimizer=optimizers.Adam(learning_rate=schedules.Linear(start=0.1, end=0.01, steps=None)),
    discount=0.985,
    num_envs=8,
    time_limit=500,
)


def test_nothing_differs_from_itself():
    assert differences(BEFORE, BEFORE) == ()
    assert list(by_part(())) == []


def test_fields_are_named_by_their_paths_and_parts_of_another_kind_are_one():
    assert differences(BEFORE, AFTER) == (
        Difference("network", "networks.MLP()", "networks.CNN(hidden=())"),
        Difference("explorer.epsilon.end", "0.05", "0.0"),
        Difference("explorer.epsilon.steps", "10000", "50000"),
        Difference("replay.capacity", "100000", "20000"),
        Difference("replay.n_step", "5", "10"),
        Difference(
            "optimizer.learning_rate",
            "0.001",
            "schedules.Linear(start=0.1, end=0.01, steps=None)",
        ),
        Difference("discount", "0.99", "0.985"),
        Difference("num_envs", "1", "8"),
        Difference("time_limit", "None", "500"),
    )


def test_people_read_a_line_for_each_part():
    assert list(by_part(differences(BEFORE, AFTER))) == [
        "network: MLP() → CNN(hidden=())",
        "explorer: epsilon.end 0.05 → 0.0, epsilon.steps 10,000 → 50,000",
        "replay: capacity 100,000 → 20,000, n_step 5 → 10",
        "optimizer: learning_rate 0.001 → Linear(start=0.1, end=0.01, steps=None)",
        "discount 0.99 → 0.985, num_envs 1 → 8, time_limit None → 500",
    ]


def test_what_was_set_anew_is_no_difference_any_more():
    found = differences(BEFORE, AFTER)
    later = AFTER.replace(replay=replay.Uniform(capacity=7_000, n_step=10), head=heads.C51())
    gone = {entry.field for entry in found} - {entry.field for entry in still_there(found, later)}
    assert gone == {"replay.capacity"}
    other = AFTER.replace(replay=replay.Latest())
    kept = {entry.field for entry in still_there(found, other)}
    assert "replay.n_step" not in kept
    assert "discount" in kept
