"""Nonlinearities by name."""

from typing import Literal

from flax import linen as nn

Activation = Literal["relu", "leaky_relu", "tanh", "silu", "elu"]

ACTIVATIONS = {
    "relu": nn.relu,
    "leaky_relu": nn.leaky_relu,
    "tanh": nn.tanh,
    "silu": nn.silu,
    "elu": nn.elu,
}
