"""The floor: how many updates a second the matrix products alone would allow.

An update is a forward pass of the online and of the target network and a backward pass. The rate
is that of products of the update's largest size, 128×64 by 64×64, one after another: the better
of JAX (in a scan) and NumPy.
"""

import json
import time
from collections.abc import Callable
from itertools import pairwise

import jax
import numpy as np
import workload

INPUTS, ACTIONS = 4, 2
PRODUCTS_AT_ONCE = 2_000


def flops_of_update() -> int:
    """Return the floating-point operations of an update's matrix products."""
    sizes = (INPUTS, *workload.HIDDEN, ACTIONS)
    layers = [rows * columns for rows, columns in pairwise(sizes)]
    forward = sum(layers)
    backward = sum(layers) + sum(layers[1:])  # by weights; by inputs, but for the observations
    return 2 * workload.BATCH_SIZE * (forward + forward + backward)


def products_per_second(multiply_many: Callable[[], object], seconds: float) -> float:
    """Return the rate of a function that multiplies `PRODUCTS_AT_ONCE` times."""
    multiply_many()
    count, began = 0, time.perf_counter()
    while (elapsed := time.perf_counter() - began) < seconds:
        multiply_many()
        count += PRODUCTS_AT_ONCE
    return count / elapsed


def main() -> None:
    options = workload.parser(__doc__).parse_args()
    width = workload.HIDDEN[0]
    random = np.random.default_rng(options.seed)
    # An orthogonal matrix, so that products neither overflow nor vanish.
    weights = np.linalg.qr(random.normal(size=(width, width)))[0].astype(np.float32)
    batch = random.normal(size=(workload.BATCH_SIZE, width)).astype(np.float32)

    @jax.jit
    def in_scan(x: jax.Array, w: jax.Array) -> jax.Array:
        return jax.lax.scan(lambda x, _: (x @ w, None), x, length=PRODUCTS_AT_ONCE)[0]

    def in_numpy() -> None:
        x, y = batch.copy(), np.empty_like(batch)
        for _ in range(PRODUCTS_AT_ONCE):
            np.matmul(x, weights, out=y)
            x, y = y, x

    on_device = jax.device_put((batch, weights))
    flops_of_product = 2 * workload.BATCH_SIZE * width * width
    began, cpu_began = time.perf_counter(), time.process_time()
    rates = {
        "jax": products_per_second(
            lambda: in_scan(*on_device).block_until_ready(), options.seconds / 2
        ),
        "numpy": products_per_second(in_numpy, options.seconds / 2),
    }
    best = max(rates.values()) * flops_of_product
    cpu_seconds = time.process_time() - cpu_began
    figures = {
        "core_share": cpu_seconds / (time.perf_counter() - began),
        "steps_per_second": best / flops_of_update(),
        "flops_of_update": flops_of_update(),
        **{
            f"{name}_gflops_per_second": rate * flops_of_product / 1e9
            for name, rate in rates.items()
        },
        "compile_seconds": 0.0,
    }
    print(json.dumps(figures))


if __name__ == "__main__":
    main()
