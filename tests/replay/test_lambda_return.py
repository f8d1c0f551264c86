"""Returns that look along a sequence: by hand, and by what must be the same."""

import jax.numpy as jnp
import numpy as np
import pytest

from qlax import Agent, UsageError, explorers, heads
from qlax.bootstraps import Double, ExpectedSarsa, Greedy, NextValues
from qlax.maths.bootstrap import Backup, scalar_backup
from qlax.maths.policies import greedy_policy
from qlax.replay import LambdaReturn, Rollout, Seen, Sequences, Step, stream
from qlax.replay.sequence_batch import sequences
from tests.replay.history import SPEC

KINDS = ["peng", "watkins", "tree", "retrace"]
HALF = jnp.float32(0.5)


def lived(rewards, actions, *, probability=None, terminated=(), truncated=(), reset=()):
    """Return the stream of one environment that took these steps; ends by their numbers."""
    count = len(rewards)
    ring = stream.init(count + 2, Seen(jnp.zeros(1)), probability=True)

    def flag(numbers, number):
        return jnp.array([number in numbers])

    for number in range(count):
        ring = stream.add(
            ring,
            Step(
                action=jnp.array([actions[number]]),
                reward=jnp.array([rewards[number]], jnp.float32),
                terminated=flag(terminated, number),
                truncated=flag(truncated, number),
                valid=~flag(reset, number),
                first=flag((), number),
                next=Seen(jnp.array([number + 1.0])),
                probability=jnp.array([1.0 if probability is None else probability[number]]),
            ),
        )
    return ring


def returns(ring, traces, q_next, policy, *, start=0, length=None, burn_in=0, **backup):
    """Return the targets of a sequence, given q(s′, ·) and π(· | s′) of the steps learned from."""
    length = len(q_next) if length is None else length
    zeros = jnp.zeros(1, jnp.int32)
    batch = sequences(
        ring, zeros + start, zeros, length, HALF, lambda_return=traces, burn_in=burn_in
    )
    given = Backup(jnp.asarray(policy, jnp.float32), **backup)
    target = batch.target(heads.Scalar(), jnp.asarray(q_next, jnp.float32), given)
    return np.asarray(target, np.float64)


# Three steps. q and π of the states after them; a_1 = 1 and a_2 = 0 are taken in the first two.
REWARDS, ACTIONS, CHANCES = [1.0, 3.0, 4.0], [0, 1, 0], [1.0, 0.5, 1.0]
Q_NEXT = [[2.0, 4.0], [6.0, 1.0], [3.0, 8.0]]
POLICY = [[0.25, 0.75], [0.25, 0.75], [0.0, 1.0]]
# v = ¼ · 2 + ¾ · 4 = 3.5, then ¼ · 6 + ¾ · 1 = 2.25, then 8; with γ = λ = ½ always
# G_2 = 4 + ½ · 8 = 8.
BY_HAND = {
    # G_1 = 3 + ½ [2.25 + ½ (8 − 2.25)], G_0 = 1 + ½ [3.5 + ½ (5.5625 − 3.5)]
    "peng": [3.265625, 5.5625, 8.0],
    # a_2 is not the best: G_1 = 3 + ½ · 2.25; a_1 is: G_0 = 1 + ½ [3.5 + ½ (4.125 − 4)]
    "watkins": [2.78125, 4.125, 8.0],
    # G_1 = 3 + ½ [2.25 + ½ · ¼ (8 − 6)], G_0 = 1 + ½ [3.5 + ½ · ¾ (4.25 − 4)]
    "tree": [2.796875, 4.25, 8.0],
    # as tree, but π/μ of a_1 is ¾ / ½, more than 1: G_0 = 1 + ½ [3.5 + ½ (4.25 − 4)]
    "retrace": [2.8125, 4.25, 8.0],
}


@pytest.mark.parametrize("kind", KINDS)
def test_by_hand(kind):
    ring = lived(REWARDS, ACTIONS, probability=CHANCES)
    found = returns(ring, LambdaReturn(kind=kind, decay=0.5), Q_NEXT, POLICY)
    np.testing.assert_allclose(found, BY_HAND[kind])


@pytest.mark.parametrize("bootstrap", [Greedy(), Double(), ExpectedSarsa()])
def test_watkins_does_not_cut_before_an_action_as_good_as_the_best(bootstrap):
    """q(s_1, ·) = (4, 4, 2): π takes the first, but the second is as greedy; the third is not.

    The fourth is worth more, but illegal. G_0 = 1 + ½ [4 + c (G_1 − u)], G_1 = 3 + ½ · 6 = 6.
    """
    q_next = jnp.array([[4.0, 4.0, 2.0, 9.0], [6.0, 6.0, 6.0, 9.0]])
    legal = jnp.array([[True, True, True, False]] * 2)
    for taken, expected in [(0, 1 + 0.5 * (4 + 0.5 * 2)), (1, 1 + 0.5 * (4 + 0.5 * 2)), (2, 3.0)]:
        backup = bootstrap(
            NextValues(
                # Whose values are looked at is not what is asked here: the others are no guide.
                online_next=q_next
                if isinstance(bootstrap, Double)
                else jnp.arange(8.0).reshape(2, 4),
                target_next=q_next,
                target_now=q_next,
                action=jnp.zeros(2, jnp.int32),
                next_action=jnp.zeros(2, jnp.int32),
                behaviour_next=greedy_policy(q_next, legal),
                legal_now=legal,
                legal_next=legal,
            )
        )
        ring = lived([1.0, 3.0], [0, taken])
        traces = LambdaReturn(kind="watkins", decay=0.5)
        found = returns(ring, traces, q_next, **backup._asdict())
        np.testing.assert_allclose(found, [expected, 6.0])


def test_watkins_with_two_networks_cuts_by_the_one_that_chooses():
    """Equal by the online network, which π is greedy by, and not by the target network."""
    online, target = jnp.array([[1.0, 1.0, 0.0]] * 2), jnp.array([[4.0, 2.0, 4.0]] * 2)
    nothing = jnp.zeros(2, jnp.int32)
    backup = Double()(NextValues(online, target, target, nothing, nothing, None, None, None))
    # G_1 = 3 + ½ · 4 = 5. Both of online's best keep the trace: G_0 = 1 + ½ [4 + ½ (5 − u)].
    for taken, expected in [(0, 1 + 0.5 * 4.5), (1, 1 + 0.5 * 5.5), (2, 3.0)]:
        traces = LambdaReturn(kind="watkins", decay=0.5)
        found = returns(lived([1.0, 3.0], [0, taken]), traces, target, **backup._asdict())
        np.testing.assert_allclose(found, [expected, 5.0])


@pytest.mark.parametrize("kind", KINDS)
def test_an_end_ends_the_trace(kind):
    """The second of three steps ends the episode; the third only begins the next."""
    traces = LambdaReturn(kind=kind, decay=0.5)
    ended = lived(REWARDS, ACTIONS, probability=CHANCES, terminated=[1], reset=[2])
    cut = lived(REWARDS, ACTIONS, probability=CHANCES, truncated=[1], reset=[2])
    # c_1 and u_1 as by hand: v for Peng, q(s_1, a_1) = 4 for the others
    trace, baseline = {
        "peng": (0.5, 3.5),
        "watkins": (0.5, 4.0),
        "tree": (0.375, 4.0),
        "retrace": (0.5, 4.0),
    }[kind]
    for ring, last in [(ended, 3.0), (cut, 3.0 + 0.5 * 2.25)]:
        found = returns(ring, traces, Q_NEXT, POLICY)
        expected = [1.0 + 0.5 * (3.5 + trace * (last - baseline)), last]
        np.testing.assert_allclose(found[:2], expected)


def test_what_follows_an_end_does_not_reach_back():
    """A fortune in the next episode changes nothing of this one."""
    for kind in KINDS:
        poor, rich = (
            lived([1.0, 2.0, 0.0, later, later], [0] * 5, truncated=[1], reset=[2])
            for later in (0.0, 1e6)
        )
        inputs = LambdaReturn(kind=kind, decay=1.0), jnp.ones((5, 2)), jnp.full((5, 2), 0.5)
        before, after = returns(poor, *inputs), returns(rich, *inputs)
        np.testing.assert_array_equal(before[:2], after[:2])
        assert after[3] > 1e6


def random_sequence(seed, length=12, actions=4, greedy=False):
    """Return a stream, q(s′, ·) and π: ends now and then, π soft or greedy."""
    rng = np.random.default_rng(seed)
    ends = {number for number in range(2, length) if rng.random() < 0.25}
    reset = {number + 1 for number in ends}
    ends -= reset
    ring = lived(
        rng.normal(size=length),
        rng.integers(0, actions, length),
        probability=rng.uniform(0.1, 1.0, length),
        terminated={number for number in ends if number % 2},
        truncated={number for number in ends if not number % 2},
        reset={number + 1 for number in ends},
    )
    q_next = rng.normal(size=(length, actions)).astype(np.float32)
    soft = np.exp(q_next) / np.exp(q_next).sum(-1, keepdims=True)
    return ring, q_next, np.eye(actions)[q_next.argmax(-1)] if greedy else soft


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("seed", range(3))
def test_without_decay_a_return_is_one_step(kind, seed):
    ring, q_next, policy = random_sequence(seed)
    found = returns(ring, LambdaReturn(kind=kind, decay=0.0), q_next, policy)
    np.testing.assert_allclose(found, returns(ring, None, q_next, policy), atol=1e-6)


@pytest.mark.parametrize("seed", range(3))
def test_of_a_greedy_policy_tree_backup_is_watkins(seed):
    ring, q_next, policy = random_sequence(seed, greedy=True)
    tree, watkins = (
        returns(ring, LambdaReturn(kind=kind, decay=0.7), q_next, policy)
        for kind in ("tree", "watkins")
    )
    np.testing.assert_allclose(tree, watkins, atol=1e-6)


@pytest.mark.parametrize("kind", ["watkins", "tree", "retrace"])
def test_on_policy_and_in_full_a_return_is_the_sum_of_rewards(kind):
    """The best actions taken by a greedy policy, λ = 1: Σ γⁱ r_i, bootstrapped at the end."""
    rewards, actions = [1.0, 2.0, 4.0], [0, 1, 0]
    q_next = [[0.0, 5.0], [7.0, 0.0], [6.0, 2.0]]
    policy = [[0.0, 1.0], [1.0, 0.0], [1.0, 0.0]]
    found = returns(lived(rewards, actions), LambdaReturn(kind=kind, decay=1.0), q_next, policy)
    # 4 + ½ · 6 = 7; 2 + ½ · 7 = 5.5; 1 + ½ · 5.5 = 3.75
    np.testing.assert_allclose(found, [3.75, 5.5, 7.0])


def test_burn_in_is_left_out():
    ring, q_next, policy = random_sequence(5)
    traces = LambdaReturn(kind="retrace", decay=0.7)
    whole = returns(ring, traces, q_next[3:], policy[3:], length=12, burn_in=3)
    later = returns(ring, traces, q_next[3:], policy[3:], start=3)
    np.testing.assert_allclose(whole, later, atol=1e-6)


def test_a_bootstraps_bonus_is_earned_at_every_step_and_its_cost_paid_at_every_value():
    cost, bonus = [[1.0, 1.0], [2.0, 2.0], [0.0, 4.0]], [0.5, 0.0, -1.0]
    extra = {"cost": jnp.asarray(cost), "bonus": jnp.asarray(bonus)}
    ring = lived(REWARDS, ACTIONS)
    found = returns(ring, LambdaReturn(kind="peng", decay=0.5), Q_NEXT, POLICY, **extra)
    # v = 3.5 − 1, 2.25 − 2 and 8 − 4; G_2 = 4 − 1 + ½ · 4 = 5;
    # G_1 = 3 + ½ [0.25 + ½ (5 − 0.25)] = 4.3125; G_0 = 1.5 + ½ [2.5 + ½ (4.3125 − 2.5)]
    np.testing.assert_allclose(found, [3.203125, 4.3125, 5.0])
    one_step = returns(ring, LambdaReturn(kind="tree", decay=0.0), Q_NEXT, POLICY, **extra)
    backup = Backup(jnp.asarray(POLICY), **extra)
    expected = scalar_backup(jnp.asarray(REWARDS), jnp.full(3, HALF), jnp.asarray(Q_NEXT), backup)
    np.testing.assert_allclose(one_step, expected, atol=1e-6)


def test_a_rescaled_head_has_rescaled_targets():
    """The return is of true values: h of what a plain head learns from h⁻¹ of its predictions."""
    ring, q_next, policy = random_sequence(1)
    zeros = jnp.zeros(1, jnp.int32)
    traces = LambdaReturn(kind="retrace", decay=0.7)
    batch = sequences(ring, zeros, zeros, 12, HALF, lambda_return=traces)
    backup = Backup(jnp.asarray(policy, jnp.float32))
    scale = heads.SquareRoot()
    plain = batch.target(heads.Scalar(), jnp.asarray(q_next), backup)
    scaled = batch.target(heads.Scalar(rescaling=scale), scale(jnp.asarray(q_next)), backup)
    np.testing.assert_allclose(scaled, scale(plain), atol=1e-4)


@pytest.mark.parametrize("decay", [-0.1, 1.1])
def test_a_decay_outside_zero_to_one_is_refused(decay):
    with pytest.raises(UsageError, match=r"LambdaReturn\.decay"):
        LambdaReturn(decay=decay)


@pytest.mark.parametrize("make", [Sequences, Rollout])
def test_traces_need_a_head_that_learns_from_returns(make):
    parts = {"num_envs": 4, "learning_starts": 1_000}
    Agent(replay=make(lambda_return=LambdaReturn(kind="tree")), **parts)
    with pytest.raises(UsageError, match="C51 learns whole distributions"):
        Agent(replay=make(lambda_return=LambdaReturn(kind="tree")), head=heads.C51(), **parts)


@pytest.mark.parametrize("make", [Sequences, Rollout])
def test_retrace_needs_an_explorer_that_knows_its_probabilities(make):
    parts = {"num_envs": 4, "learning_starts": 1_000, "explorer": explorers.UpperConfidence()}
    Agent(replay=make(lambda_return=LambdaReturn(kind="tree")), **parts)
    with pytest.raises(UsageError, match="UpperConfidence"):
        Agent(replay=make(lambda_return=LambdaReturn(kind="retrace")), **parts)


@pytest.mark.parametrize("kind", KINDS)
def test_probabilities_are_stored_where_they_are_used(kind):
    traces = LambdaReturn(kind=kind)
    for replay in (
        Sequences(capacity=8, length=2, lambda_return=traces),
        Rollout(lambda_return=traces),
    ):
        state = replay.init(Seen(jnp.zeros(4)), SPEC)
        assert (state.stream.probability is not None) == replay.uses_probability
        assert replay.uses_probability == (kind == "retrace")
