#!/usr/bin/env python3
"""Whether the Trainer learns what a plain PyTorch loop learns from the same weights and batches.

    train_equality.py PROGRAM BACKBONE [--type float64 | float32 | free] [--steps 20]

PROGRAM is train_equality; the loop here trains torchvision's network: Adam, cross-entropy, no
augmentation, no dropout, one thread.

    float64  both go their own way from the same weights; the losses of all steps agree.
    float32  before each step the loop takes the Trainer's weights, so that rounding does not add up;
             losses agree, and so do the steps that the two optimisers take.
    free     float32, each its own way, and PyTorch in its other memory layout as well. Nothing is
             checked: while batches are small, rounding grows until two orders of the same sums, in
             PyTorch alone, are percents apart.

Exits with 1 if the relative difference of a loss is above LOSSES, or that of a step above STEPS.
"""
import argparse
import pathlib
import subprocess
import sys
import tempfile

import torch
import torchvision
from torch.nn import functional

sys.path.append(str(pathlib.Path(__file__).resolve().parents[1] / "simulations" / "cli"))
import safetensors_io  # noqa: E402  (its folder is in the path from here on)

LOSSES = 1e-4
# Adam moves a weight by the learning rate whichever sign its gradient has; where that is rounding,
# the two go opposite ways. Those weights are few, and their gradients next to nothing. What the
# optimiser does to all others is held by float64, exactly.
STEPS = 0.1
WEIGHT_DECAY = 1e-4
TRUNK = "backbone."
HEAD = "heads.prognosis.1."


class Trained:
    """The program, a step at a time."""

    def __init__(self, program, backbone, kind, learning_rate, images, labels, folder):
        batches, self.weights = f"{folder}/batches.safetensors", f"{folder}/weights.safetensors"
        safetensors_io.write(batches, {"images": images, "labels": labels})
        self.process = subprocess.Popen(
            [program, backbone, batches, self.weights, kind, str(learning_rate),
             str(WEIGHT_DECAY)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def state(self):
        assert self.process.stdout.readline() == "ready\n", "the program failed"
        return safetensors_io.read(self.weights)[0]

    def step(self, write=False):
        self.process.stdin.write("write\n" if write else "next\n")
        self.process.stdin.flush()
        return float(self.process.stdout.readline())


class Reference:
    """A torchvision network with one linear layer of two classes, and its Adam."""

    def __init__(self, backbone, state, learning_rate, dtype, channels_last=False):
        trunk = getattr(torchvision.models, backbone)(weights=None)
        setattr(trunk, "fc" if hasattr(trunk, "fc") else "classifier", torch.nn.Identity())
        head = torch.nn.Linear(*reversed(state[HEAD + "weight"].shape))
        self.trunk, self.head = trunk.to(dtype), head.to(dtype)
        self.layout = torch.channels_last if channels_last else torch.contiguous_format
        self.trunk.to(memory_format=self.layout)
        self.dtype = dtype
        self.take(state)
        self.parameters = [*trunk.parameters(), *head.parameters()]
        self.optimizer = torch.optim.Adam(self.parameters, lr=learning_rate,
                                          weight_decay=WEIGHT_DECAY)
        trunk.train()

    def take(self, state):
        for module, prefix in ((self.trunk, TRUNK), (self.head, HEAD)):
            module.load_state_dict({name[len(prefix):]: value for name, value in state.items()
                                    if name.startswith(prefix)}, strict=True)

    def values(self):
        return torch.cat([parameter.detach().flatten() for parameter in self.parameters])

    def step(self, images, labels):
        images = images.unsqueeze(1).expand(-1, 3, -1, -1).to(self.dtype)
        images = images.contiguous(memory_format=self.layout)
        self.optimizer.zero_grad(set_to_none=True)
        loss = functional.cross_entropy(self.head(self.trunk(images)), labels.long())
        loss.backward()
        self.optimizer.step()
        return loss.item()


def relative(value, expected):
    return abs(value - expected) / abs(expected)


def free_run(ours, loops, images, labels):
    """Worst relative difference of the losses of each loop from the program's."""
    worst = [0.0] * len(loops)
    for step, (batch, classes) in enumerate(zip(images, labels), start=1):
        loss = ours.step()
        for which, loop in enumerate(loops):
            expected = loop.step(batch, classes)
            worst[which] = max(worst[which], relative(loss, expected))
            print(f"step {step:2}: loss {loss:.9f} here, {expected:.9f} in PyTorch")
    return worst


def locked_run(ours, state, loop, images, labels):
    """Worst relative difference of a loss, and of the step that the optimiser took from it."""
    worst_loss = worst_step = 0.0
    for step, (batch, classes) in enumerate(zip(images, labels), start=1):
        loop.take(state)
        before = loop.values()
        expected = loop.step(batch, classes)
        their_step = loop.values() - before
        loss = ours.step(write=True)
        state = ours.state()
        loop.take(state)
        our_step = loop.values() - before
        apart = ((our_step - their_step).norm() / their_step.norm()).item()
        print(f"step {step:2}: loss {loss:.7f} here, {expected:.7f} in PyTorch, weights moved by "
              f"{our_step.norm():.4f} and {their_step.norm():.4f}, {apart:.1e} apart")
        worst_loss = max(worst_loss, relative(loss, expected))
        worst_step = max(worst_step, apart)
    return worst_loss, worst_step


def compare(options, ours, images, labels):
    """Whether what is to agree agrees."""
    start = (options.backbone, ours.state(), options.learning_rate)
    if options.type == "float64":
        worst, = free_run(ours, [Reference(*start, torch.float64)], images, labels)
        print(f"{options.backbone}: losses at most {worst:.1e} apart, allowed {LOSSES:.0e}")
        return worst <= LOSSES
    if options.type == "free":
        loops = [Reference(*start, torch.float32, last) for last in (False, True)]
        worst = free_run(ours, loops, images, labels)
        print(f"{options.backbone}: losses at most {worst[0]:.1e} from PyTorch's default layout, "
              f"{worst[1]:.1e} from its channels-last")
        return True
    worst_loss, worst_step = locked_run(
        ours, start[1], Reference(*start, torch.float32), images, labels)
    print(f"{options.backbone}: losses at most {worst_loss:.1e} apart, allowed {LOSSES:.0e}; "
          f"steps {worst_step:.1e}, allowed {STEPS:.0e}")
    return worst_loss <= LOSSES and worst_step <= STEPS


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("program")
    parser.add_argument("backbone")
    parser.add_argument("--type", choices=("float64", "float32", "free"), default="float64")
    parser.add_argument("--steps", type=int, default=20)
    parser.add_argument("--learning-rate", type=float, default=1e-4)
    parser.add_argument("--batch", type=int, default=8)
    parser.add_argument("--image-size", type=int, default=64)
    options = parser.parse_args()
    torch.set_num_threads(1)
    torch.manual_seed(11)
    shape = (options.steps, options.batch)
    images = torch.randn(*shape, options.image_size, options.image_size)
    labels = torch.randint(0, 2, shape).float()
    with tempfile.TemporaryDirectory() as folder:
        ours = Trained(options.program, options.backbone,
                       "float64" if options.type == "float64" else "float32",
                       options.learning_rate, images, labels, folder)
        return 0 if compare(options, ours, images, labels) else 1


if __name__ == "__main__":
    sys.exit(main())
