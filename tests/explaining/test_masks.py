"""Action masks: what is illegal is never drawn as the best."""

import gymnasium
import numpy as np
import pytest
from gymnasium import spaces

import qlax
from qlax import networks, replay
from qlax.envs.opening import opened
from qlax.explaining.core import Subject
from qlax.runs.saved import read_run


class Doors(gymnasium.Env):
    """Two numbers, three doors, of which one is always locked; episodes of eight steps."""

    observation_space = spaces.Box(0.0, 1.0, (2,), np.float32)
    action_space = spaces.Discrete(3)

    def reset(self, *, seed=None, options=None):
        super().reset(seed=seed)
        self.count = 0
        return self._seen()

    def step(self, action):
        assert action != self.locked, "the environment never sees an illegal action"
        self.count += 1
        seen, info = self._seen()
        return seen, float(action), self.count == 8, False, info

    def _seen(self):
        self.locked = int(self.np_random.integers(3))
        mask = np.ones(3, np.int8)
        mask[self.locked] = 0
        seen = np.asarray([self.locked / 2, self.count / 8], np.float32)
        return seen, {"action_mask": mask}


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    agent = qlax.Agent(
        network=networks.MLP(hidden=(8,)),
        replay=replay.Uniform(capacity=300, batch_size=8),
        learning_starts=20,
    )
    out = tmp_path_factory.mktemp("masks") / "run"
    return qlax.train(Doors, agent, steps=200, eval_episodes=0, out=out)


def test_values_where_legal_actions_are_not_known_are_left_out_and_the_rest_is_drawn(run):
    explanation = qlax.explain(run, env=Doors, episodes=2)
    assert [picture.name for picture in explanation] == ["returns", "visits"]
    assert explanation.left_out == {
        "values over two numbers": (
            "Which actions are legal is known only where the environment says it."
        )
    }


def test_what_is_played_is_legal_and_its_values_are_those_of_legal_actions(run):
    with opened(Doors) as source:
        subject = Subject(policy=run.policy, source=source, episodes=3)
        for episode in subject.played:
            taken = np.take_along_axis(episode.legal, episode.action[:, None], -1)
            assert taken.all()
            assert np.isneginf(episode.q_values[~episode.legal]).all()
            assert np.isfinite(episode.value).all()
        look = subject.eyes.at(episode.observation, episode.legal)
        np.testing.assert_array_equal(look.action, episode.action)
        finite = np.where(np.isfinite(look.q_values), look.q_values, np.nan)
        ordered = np.sort(finite, -1)[:, :2]
        np.testing.assert_allclose(look.gap, ordered[:, 1] - ordered[:, 0], rtol=1e-5)
        subject.close()


def test_masks_are_kept_with_the_states_of_the_replay(run):
    with opened(Doors) as source:
        subject = Subject(policy=run.policy, source=source, run=read_run(run.folder))
        visits = subject.visits
        assert visits.while_training
        assert visits.legal.shape == (201, 3)
        locked = np.rint(2 * visits.observation[:, 0]).astype(int)
        going_on = visits.observation[:, 1] < 1.0
        assert not visits.legal[np.arange(201), locked][going_on].any()
