"""An actor and a learner in two processes that exchange steps and parameters, nothing else."""

import multiprocessing

import jax

from qlax import bootstraps, explorers, memories, replay, schedules
from qlax.drivers.core import keys
from qlax.explorers import Clock
from tests.drivers.runs import advanced, agent, assert_equal, compiled, world

SEED, ITERATIONS = 3, 40

# Everything an actor can have: a memory, probabilities that are stored, a schedule of steps.
AGENT = agent(
    num_envs=2,
    memory=memories.LSTM(size=4),
    bootstrap=bootstraps.ExpectedSarsa(),
    explorer=explorers.EpsilonGreedy(epsilon=schedules.Linear(steps=60)),
    replay=replay.Sequences(
        capacity=60,
        batch_size=4,
        length=4,
        burn_in=2,
        lambda_return=replay.LambdaReturn(kind="retrace"),
    ),
)


def play(to_learner):
    """Act by the parameters that arrive, and send what happens: all an actor's process does."""
    env_key, agent_key = keys(SEED)
    env = world(AGENT.num_envs)
    env_state, timestep = env.init(env_key)
    actor = AGENT.init_actor(agent_key, env.spec)
    act, step, experience = map(jax.jit, (AGENT.act, env.step, AGENT.experience))
    to_learner.send(jax.device_get(AGENT.seen_first(actor, timestep)))
    for _ in range(ITERATIONS):
        action, actor = act(actor, to_learner.recv(), timestep)
        env_state, following = step(env_state, action)
        happened, actor = experience(actor, timestep, action, following)
        to_learner.send(jax.device_get(happened))
        timestep = following


def test_an_actor_and_a_learner_apart_are_the_agent_in_one_process():
    context = multiprocessing.get_context("spawn")
    to_actor, to_learner = context.Pipe()
    actor = context.Process(target=play, args=(to_learner,))
    actor.start()
    remember, learn, params = map(jax.jit, (AGENT.remember, AGENT.learn, AGENT.acting_params))
    spec = world(AGENT.num_envs).spec
    learner, remembered = AGENT.init_learner(keys(SEED)[1], spec, to_actor.recv())
    clock = Clock.start(AGENT.num_envs)
    for iteration in range(1, ITERATIONS + 1):
        to_actor.send(jax.device_get(params(learner)))
        step = to_actor.recv()
        learner, remembered = remember(learner, remembered, step)
        clock = clock.after(step.done)
        for _ in range(AGENT.updates_due(iteration)):
            learner, remembered, _ = learn(learner, remembered, clock)
    actor.join()
    together = advanced(compiled(AGENT), [ITERATIONS], seeds=[SEED]).agent
    assert int(learner.updates) > 20
    assert_equal(learner, together.learner, atol=1e-5)
    assert_equal(remembered, together.replay, atol=1e-5)
