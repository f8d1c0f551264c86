"""The updates alone, in PyTorch by itself: no games, no replay, no library around it."""

import atari_work as work
import torch
import workload
from torch import nn

ACTIONS = 4
UPDATES_AT_ONCE = 10


def network() -> nn.Module:
    layers: list[nn.Module] = []
    inputs, size = work.FRAMES, work.SIZE
    for outputs, kernel, stride in zip(work.CHANNELS, work.KERNELS, work.STRIDES, strict=True):
        layers += [nn.Conv2d(inputs, outputs, kernel, stride), nn.ReLU()]
        inputs, size = outputs, (size - kernel) // stride + 1
    features = inputs * size * size
    layers += [nn.Flatten(), nn.Linear(features, work.HIDDEN), nn.ReLU()]
    layers.append(nn.Linear(work.HIDDEN, ACTIONS))
    return nn.Sequential(*layers).to(memory_format=torch.channels_last)


def main() -> None:
    parser = workload.parser(__doc__)
    parser.add_argument("--bfloat16", action="store_true")
    options = parser.parse_args()
    torch.manual_seed(options.seed)
    online, target = network(), network()
    optimizer = torch.optim.Adam(online.parameters(), lr=work.LEARNING_RATE)
    shape = (2, work.BATCH_SIZE, work.FRAMES, work.SIZE, work.SIZE)
    now, following = torch.randint(0, 256, shape, dtype=torch.uint8)
    action = torch.randint(0, ACTIONS, (work.BATCH_SIZE, 1))
    reward = torch.rand(work.BATCH_SIZE)
    updates = 0

    def scaled(pictures: torch.Tensor) -> torch.Tensor:
        return (pictures.float() / 255).contiguous(memory_format=torch.channels_last)

    def advance() -> workload.Progress:
        nonlocal updates
        for _ in range(UPDATES_AT_ONCE):
            with torch.autocast("cpu", torch.bfloat16, enabled=options.bfloat16):
                with torch.no_grad():
                    best = target(scaled(following)).float().amax(1)
                chosen = online(scaled(now)).float().gather(1, action)[:, 0]
            loss = nn.functional.smooth_l1_loss(chosen, reward + work.DISCOUNT * best)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
        updates += UPDATES_AT_ONCE
        return workload.Progress(updates * work.STEPS_PER_UPDATE, updates)

    workload.report(workload.measure(advance, 10 * work.STEPS_PER_UPDATE, options.seconds), 0.0)


if __name__ == "__main__":
    main()
