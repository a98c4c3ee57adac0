"""Task weightings as PyTorch's own autograd and Adam give them: weightings.json beside this file.

    python3 generate.py        # torch 1.13.1, numpy

A small network (shared linear layer, one linear head per task) is trained in double precision on three
tasks, some absent from some batches. Per step: what the weighting sees (loss of each task, norm of its
gradient in the shared layer; null where absent) and the tasks' weights after the step. `dwa`: mean
losses per epoch and the weights after it, from the formula.
"""

import json
import math
import pathlib

import numpy as np
import torch

STEPS, BATCH, RATE, NORM_RATE, ALPHA, TEMPERATURE = 12, 6, 0.01, 0.025, 1.5, 2.0
LAMBDAS = [1.0, 0.5, 2.0]
KINDS = ["classes", "classes", "zones"]  # the last has squared errors
ABSENT = {2: [1], 3: [0, 2], 5: [2], 8: [1, 2]}  # step: tasks


class Net:
    def __init__(self):
        torch.manual_seed(3)
        self.shared = torch.randn(5, 4, dtype=torch.float64, requires_grad=True)
        self.heads = [torch.randn(4, width, dtype=torch.float64, requires_grad=True)
                      for width in (2, 3, 6)]

    def parameters(self):
        return [self.shared] + self.heads

    def losses(self, step):
        generator = torch.Generator().manual_seed(100 + step)
        images = torch.randn(BATCH, 5, dtype=torch.float64, generator=generator)
        hidden = torch.tanh(images @ self.shared)
        outputs = [hidden @ head for head in self.heads]
        found = []
        for j, (kind, output) in enumerate(zip(KINDS, outputs)):
            width = output.shape[1]
            if kind == "classes":
                target = torch.randint(0, width, (BATCH,), generator=generator)
                loss = torch.nn.functional.cross_entropy(output, target)
            else:
                target = torch.randint(0, 4, (BATCH, width), generator=generator).double()
                loss = torch.nn.functional.mse_loss(output, target)
            found.append(None if j in ABSENT.get(step, []) else loss)
        return found

    def norm(self, loss, **options):
        return torch.autograd.grad(loss, self.shared, retain_graph=True, **options)[0].norm()


def step_of(losses, norms, weights):
    def numbers(values):
        return [None if value is None else float(value) for value in values]
    return {"losses": numbers(losses), "norms": numbers(norms), "weights": numbers(weights)}


def uncertainty():
    net = Net()
    logs = [torch.zeros((), dtype=torch.float64, requires_grad=True) for _ in LAMBDAS]
    scales = [0.5 if kind == "zones" else 1.0 for kind in KINDS]
    adam = torch.optim.Adam(net.parameters() + logs, lr=RATE)
    steps = []
    for step in range(STEPS):
        losses = net.losses(step)
        norms = [None if loss is None else net.norm(loss) for loss in losses]
        total = sum(LAMBDAS[j] * (scales[j] * torch.exp(-logs[j]) * loss + logs[j] / 2)
                    for j, loss in enumerate(losses) if loss is not None)
        adam.zero_grad(set_to_none=True)
        total.backward()
        adam.step()
        weights = [scale * math.exp(-float(s)) for scale, s in zip(scales, logs)]
        steps.append(step_of(losses, norms, weights))
    return {"rate": RATE, "steps": steps}


def gradnorm():
    net = Net()
    weights = [torch.ones((), dtype=torch.float64, requires_grad=True) for _ in LAMBDAS]
    of_net = torch.optim.Adam(net.parameters(), lr=RATE)
    of_weights = torch.optim.Adam(weights, lr=NORM_RATE)
    first = {}
    steps = []
    for step in range(STEPS):
        losses = net.losses(step)
        norms = [None if loss is None else net.norm(loss) for loss in losses]
        present = [j for j, loss in enumerate(losses) if loss is not None]
        for j in present:
            first.setdefault(j, losses[j].item())
        of_net.zero_grad(set_to_none=True)
        of_weights.zero_grad(set_to_none=True)
        pulls = torch.stack([net.norm(weights[j] * LAMBDAS[j] * losses[j], create_graph=True)
                             for j in present])
        ratios = torch.tensor([losses[j].item() / first[j] for j in present], dtype=torch.float64)
        targets = (pulls.mean() * (ratios / ratios.mean()) ** ALPHA).detach()
        if len(present) > 1:
            found = torch.autograd.grad((pulls - targets).abs().sum(), [weights[j] for j in present],
                                        retain_graph=True)
        total = sum(weights[j].detach() * LAMBDAS[j] * losses[j] for j in present)
        total.backward()
        of_net.step()
        if len(present) > 1:
            before = sum(weights[j].item() for j in present)
            for j, gradient in zip(present, found):
                weights[j].grad = gradient
            of_weights.step()
            with torch.no_grad():
                after = sum(weights[j].item() for j in present)
                for j in present:
                    weights[j] *= before / after
        steps.append(step_of(losses, norms, weights))
    return {"alpha": ALPHA, "rate": NORM_RATE, "steps": steps}


def dwa():
    epochs = [[1.2, 0.9, None], [0.8, 0.85, None], [0.7, 0.3, None], [0.7, 0.31, 2.0],
              [0.6, 0.3, 1.0], [0.5, 0.3, 0.1]]
    weights = [1.0, 1.0, 1.0]
    last = [None] * 3
    steps = []
    for losses in epochs:
        present = [j for j, loss in enumerate(losses) if loss is not None]
        ratios = np.array([losses[j] / last[j] if last[j] is not None else 1.0 for j in present])
        shares = np.exp(ratios / TEMPERATURE)
        for j, share in zip(present, len(present) * shares / shares.sum()):
            weights[j] = float(share)
        for j in present:
            last[j] = losses[j]
        steps.append({"losses": losses, "weights": list(weights)})
    return {"temperature": TEMPERATURE, "epochs": steps}


golden = {"torch": torch.__version__, "lambdas": LAMBDAS, "uncertainty": uncertainty(),
          "gradnorm": gradnorm(), "dwa": dwa()}
path = pathlib.Path(__file__).with_name("weightings.json")
path.write_text(json.dumps(golden, indent=1) + "\n")
