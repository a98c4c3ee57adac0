#!/usr/bin/env python3
"""Writes the golden files of torchvision's backbones: its own entry names and figures.

    /usr/bin/python3 tests/golden/backbones/generate.py

Needs Debian's python3-torch (1.13.0) and python3-torchvision (0.14.1), with which the files beside
this script were made. Weights and input follow the fill rule of common/nn/fill_rule.h: every
value is a function of its entry's name and index, so the C++ test rebuilds the same network.

entries.txt   per backbone "# NAME PARAMETERS", then one "ENTRY SHAPE" per line in the order of
              state_dict(); the published classifier (the last layer with weights) is left out
figures.json  per backbone what the network gives for the input "input" [2, 3, SIZE, SIZE]; of a
              tensor its shape, l2 norm, mean and first values
  eval_features, eval_logits   in evaluation mode, SIZE 224: what the classifier is given (its mean
              over positions, if the classifier is a convolution), and what it answers
  train_logits, train_loss, grad_l2_total   in training mode, SIZE train_size, without dropout and
              stochastic depth: cross-entropy for the labels 3 and 5, norm of its gradient over all
              parameters. In float64: few positions are left to normalise over, and 152 layers make
              differences of float32 arithmetic from one processor to another visible
  running_mean_after, running_var_after   of the first batch normalisation, after that step
"""
import json
import math
import pathlib

import numpy as np
import torch
import torchvision
from torchvision.ops import StochasticDepth

NAMES = ["resnet18", "resnet34", "resnet50", "resnet101", "resnet152", "resnext50_32x4d",
         "wide_resnet50_2", "densenet121", "densenet161", "densenet169", "densenet201", "googlenet",
         "mobilenet_v2", "shufflenet_v2_x0_5", "shufflenet_v2_x1_0", "squeezenet1_0",
         "squeezenet1_1", "alexnet", "vgg11", "vgg11_bn", "vgg13", "vgg13_bn", "vgg16", "vgg16_bn",
         "vgg19", "vgg19_bn", "convnext_tiny"]
# As torchvision builds it from its published weights, auxiliary heads dropped.
OPTIONS = {"googlenet": dict(aux_logits=False, transform_input=True, init_weights=False)}
EVALUATION_SIZE = 224
TRAINING_SIZE = 64
FIRST = 64
MASK = (1 << 64) - 1


def fnv1a(name):
    value = 0xCBF29CE484222325
    for byte in name.encode():
        value = ((value ^ byte) * 0x100000001B3) & MASK
    return value


def unit(name, count):
    with np.errstate(over="ignore"):
        z = np.uint64(fnv1a(name)) + np.arange(count, dtype=np.uint64)
        z = z + np.uint64(0x9E3779B97F4A7C15)
        z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        z = z ^ (z >> np.uint64(31))
    return (z >> np.uint64(40)).astype(np.float64) / 2**23 - 1.0


def filled(name, shape):
    count = math.prod(shape)
    u = unit(name, count)
    if name.endswith("num_batches_tracked"):
        value = 0 * u
    elif name.endswith("running_var"):
        value = 1 + 0.1 * np.abs(u)
    elif name.endswith("running_mean"):
        value = 0.1 * u
    elif len(shape) >= 2:
        value = u * math.sqrt(6.0 / (count / shape[0]))
    elif name.endswith(".weight"):
        value = 1 + 0.1 * u
    else:
        value = 0.1 * u
    return torch.from_numpy(value.reshape(shape))


def fill(model):
    with torch.no_grad():
        for name, tensor in model.state_dict().items():
            tensor.copy_(filled(name, tuple(tensor.shape)).to(tensor.dtype))


def images(size):
    shape = (2, 3, size, size)
    return torch.from_numpy(unit("input", math.prod(shape)).reshape(shape)).float()


def classifier(model):
    """Name and module of the last layer with weights."""
    return [(name, module) for name, module in model.named_modules()
            if isinstance(module, (torch.nn.Linear, torch.nn.Conv2d))][-1]


def figures(tensor):
    values = tensor.detach().double().flatten()
    return {"shape": list(tensor.shape), "l2": rounded(values.norm()),
            "mean": rounded(values.mean()), "first": [rounded(value) for value in values[:FIRST]]}


def rounded(value):
    return float(f"{float(value):.9g}")


def evaluation(model):
    seen = []
    _, last = classifier(model)
    hook = last.register_forward_pre_hook(lambda module, inputs: seen.append(inputs[0]))
    model.eval()
    with torch.no_grad():
        logits = model(images(EVALUATION_SIZE))
    hook.remove()
    features = seen[0] if seen[0].dim() == 2 else seen[0].mean((2, 3))
    return {"eval_features": figures(features), "eval_logits": figures(logits)}


def one_step(model):
    model.double().train()
    for module in model.modules():
        if isinstance(module, (torch.nn.Dropout, StochasticDepth)):
            module.p = 0.0
    logits = model(images(TRAINING_SIZE).double())
    loss = torch.nn.functional.cross_entropy(logits, torch.tensor([3, 5]))
    loss.backward()
    total = math.sqrt(sum(float(p.grad.double().norm()) ** 2 for p in model.parameters()))
    result = {"train_size": TRAINING_SIZE, "train_logits": figures(logits),
              "train_loss": rounded(loss), "grad_l2_total": rounded(total)}
    for kind in ("running_mean", "running_var"):
        first = [b for n, b in model.named_buffers() if n.endswith(kind)][:1]
        result.update({kind + "_after": figures(buffer) for buffer in first})
    return result


def entries(name, model):
    left_out = classifier(model)[0] + "."
    parameters = sum(p.numel() for n, p in model.named_parameters() if not n.startswith(left_out))
    lines = [f"# {name} {parameters}"]
    for entry, tensor in model.state_dict().items():
        if not entry.startswith(left_out):
            lines.append(f"{entry} {'x'.join(map(str, tensor.shape)) or 'scalar'}")
    return lines


def main():
    folder = pathlib.Path(__file__).parent
    golden, lines = {}, []
    for name in NAMES:
        model = getattr(torchvision.models, name)(weights=None, **OPTIONS.get(name, {}))
        fill(model)
        lines += entries(name, model)
        golden[name] = {**evaluation(model), **one_step(model)}
    rows = [f"{json.dumps(name)}: {json.dumps(row)}" for name, row in golden.items()]
    (folder / "figures.json").write_text("{\n" + ",\n".join(rows) + "\n}\n")
    (folder / "entries.txt").write_text("\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
