"""The work of the Atari contest: DQN on Breakout, as in Nature but for a smaller replay.

One update of batch 32 for every four environment steps, a step being four frames; the network of
Mnih et al. (2015), Adam, no double Q-learning, ε constant. Nothing but the standard library is
imported here: it runs in every interpreter.
"""

ENV = "BreakoutNoFrameskip-v4"
CHANNELS, KERNELS, STRIDES, HIDDEN = (32, 64, 64), (8, 4, 3), (4, 2, 1), 512
FRAMES, SIZE = 4, 84
CAPACITY = 50_000
BATCH_SIZE = 32
STEPS_PER_UPDATE = 4
LEARNING_STARTS = 1_000
TARGET_PERIOD = 2_500
LEARNING_RATE = 1e-4
EPSILON = 0.05
DISCOUNT = 0.99
# Games side by side, for those that play several: two updates for each step of all of them.
GAMES = 8
