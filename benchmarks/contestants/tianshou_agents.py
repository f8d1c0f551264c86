"""Tianshou: its agents, collector and buffers, with 16 steps and 16 updates in turn."""

import time
from collections.abc import Callable
from typing import Any

import gymnasium as gym
import torch
import workload
from tianshou.algorithm.modelfree.c51 import C51, C51Policy
from tianshou.algorithm.modelfree.iqn import IQN, IQNPolicy
from tianshou.algorithm.modelfree.qrdqn import QRDQN, QRDQNPolicy
from tianshou.algorithm.modelfree.rainbow import RainbowDQN
from tianshou.algorithm.optim import AdamOptimizerFactory
from tianshou.data import Collector, PrioritizedVectorReplayBuffer, VectorReplayBuffer
from tianshou.env import DummyVectorEnv
from tianshou.utils.net.common import Net
from tianshou.utils.net.discrete import ImplicitQuantileNetwork, NoisyLinear
from tianshou.utils.torch_utils import policy_within_training_step, torch_train_mode

STEPS_AT_ONCE = 16
SHAPE, ACTIONS = (4,), 2


def main() -> None:
    parser = workload.parser(__doc__)
    parser.add_argument("--agent", choices=tuple(AGENTS), required=True)
    options = parser.parse_args()
    torch.set_num_threads(1)
    torch.manual_seed(options.seed)
    algorithm, buffer = AGENTS[options.agent]()
    envs = DummyVectorEnv([lambda: gym.make(workload.ENV)])
    collector = Collector(algorithm, envs, buffer, exploration_noise=True)
    collector.reset()
    began, updates = time.perf_counter(), 0
    with policy_within_training_step(algorithm.policy):
        collector.collect(n_step=workload.LEARNING_STARTS)
    steps = workload.LEARNING_STARTS

    def advance() -> workload.Progress:
        nonlocal steps, updates
        with policy_within_training_step(algorithm.policy):
            with torch_train_mode(algorithm.policy, False):
                collector.collect(n_step=STEPS_AT_ONCE)
            steps += STEPS_AT_ONCE
            with torch_train_mode(algorithm.policy):
                for _ in range(STEPS_AT_ONCE):
                    algorithm.update(buffer, workload.BATCH_SIZE)
            updates += STEPS_AT_ONCE
        return workload.Progress(steps, updates)

    starting_seconds = time.perf_counter() - began
    workload.report(workload.measure(advance, options.warm_up, options.seconds), starting_seconds)


def c51() -> tuple[Any, Any]:
    model = _net(softmax=True)
    return C51(policy=_c51_policy(model), **_common()), _uniform()


def rainbow() -> tuple[Any, Any]:
    def noisy(inputs: int, outputs: int) -> torch.nn.Module:
        return NoisyLinear(inputs, outputs, 0.5)

    streams = {"hidden_sizes": workload.HIDDEN[-1:], "linear_layer": noisy}
    model = _net(softmax=True, dueling_param=(streams, streams))
    buffer = PrioritizedVectorReplayBuffer(workload.CAPACITY, 1, alpha=0.5, beta=0.4)
    algorithm = RainbowDQN(
        policy=_c51_policy(model, epsilon=0.0), n_step_return_horizon=3, **_common()
    )
    return algorithm, buffer


def qr_dqn() -> tuple[Any, Any]:
    policy = QRDQNPolicy(model=_net(), action_space=_actions(), eps_training=workload.EPSILON)
    return QRDQN(policy=policy, num_quantiles=workload.ATOMS, **_common()), _uniform()


def iqn() -> tuple[Any, Any]:
    *torso, width = workload.HIDDEN
    features = Net(state_shape=SHAPE, action_shape=width, hidden_sizes=torso)
    model = ImplicitQuantileNetwork(
        preprocess_net=features, action_shape=[ACTIONS], num_cosines=workload.COSINES
    )
    policy = IQNPolicy(
        model=model,
        action_space=_actions(),
        sample_size=workload.LEVELS,
        online_sample_size=workload.LEVELS,
        target_sample_size=workload.LEVELS,
        eps_training=workload.EPSILON,
    )
    return IQN(policy=policy, num_quantiles=workload.LEVELS, **_common()), _uniform()


AGENTS: dict[str, Callable[[], tuple[Any, Any]]] = {
    made.__name__: made for made in (c51, rainbow, qr_dqn, iqn)
}


def _net(**options: Any) -> Net:
    """Return the network of the workload, with an output for every atom of every action."""
    return Net(
        state_shape=SHAPE,
        action_shape=ACTIONS,
        hidden_sizes=workload.HIDDEN,
        num_atoms=workload.ATOMS,
        **options,
    )


def _c51_policy(model: Net, epsilon: float = workload.EPSILON) -> C51Policy:
    return C51Policy(
        model=model,
        action_space=_actions(),
        num_atoms=workload.ATOMS,
        v_min=0.0,
        v_max=workload.HIGHEST,
        eps_training=epsilon,
    )


def _common() -> dict[str, Any]:
    return {
        "optim": AdamOptimizerFactory(lr=workload.LEARNING_RATE),
        "gamma": workload.DISCOUNT,
        "target_update_freq": workload.TARGET_PERIOD,
    }


def _actions() -> gym.spaces.Discrete:
    return gym.spaces.Discrete(ACTIONS)


def _uniform() -> VectorReplayBuffer:
    return VectorReplayBuffer(workload.CAPACITY, 1)


if __name__ == "__main__":
    main()
