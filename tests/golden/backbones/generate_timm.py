#!/usr/bin/env python3
"""Writes the golden files of the backbones that follow timm: entry names and figures.

    /usr/bin/python3 tests/golden/backbones/generate_timm.py

Needs what generate.py beside it needs, and the Python package timm 0.6. Weights and input follow
the same fill rule, by published names.

timm_entries.txt   per backbone "# NAME PARAMETERS", then one "ENTRY SHAPE" per line in the order of
                   state_dict(), classifier left out
timm_figures.json  per backbone of FIGURES, of input "input" [2, 3, 224, 224] and 1000 classes:
                   features and logits in evaluation mode; then of one training step without dropout,
                   cross-entropy against classes 3 and 5: logits, loss, norms of gradients, running
                   statistics of the first normalisation afterwards. A tensor is given by its shape,
                   norm, mean and first eight values.
"""
import json
import math
import pathlib

import timm
import torch
from generate import filled, unit

NAMES = ["efficientnet_lite0", "efficientnet_b0", "efficientnet_b1_pruned", "efficientnet_es",
         "efficientnet_es_pruned"]
FIGURES = NAMES[:3]
CLASSIFIER = "classifier."


def make(name):
    return timm.create_model(name, pretrained=False, drop_rate=0.0, drop_path_rate=0.0)


def entries(name):
    model = make(name)
    parameters = sum(p.numel() for n, p in model.named_parameters()
                     if not n.startswith(CLASSIFIER))
    lines = [f"# {name} {parameters}"]
    for entry, tensor in model.state_dict().items():
        if not entry.startswith(CLASSIFIER):
            lines.append(f"{entry} {'x'.join(map(str, tensor.shape)) or 'scalar'}")
    return lines


def described(tensor):
    values = tensor.detach().double().flatten()
    return {"shape": list(tensor.shape), "l2": float(values.norm()), "mean": float(values.mean()),
            "first": [float(value) for value in values[:8]]}


def figures(name):
    model = make(name)
    with torch.no_grad():
        for entry, tensor in model.state_dict().items():
            tensor.copy_(filled(entry, tuple(tensor.shape)).to(tensor.dtype))
    images = torch.from_numpy(unit("input", 2 * 3 * 224 * 224).reshape(2, 3, 224, 224)).float()
    seen = []
    model.classifier.register_forward_pre_hook(lambda module, inputs: seen.append(inputs[0]))

    model.eval()
    with torch.no_grad():
        logits = model(images)
    result = {"eval_features": described(seen[0]), "eval_logits": described(logits)}

    model.train()
    logits = model(images)
    loss = torch.nn.functional.cross_entropy(logits, torch.tensor([3, 5]))
    loss.backward()
    norms = {n: float(p.grad.double().norm()) for n, p in model.named_parameters()}
    shown = ["conv_stem.weight", "classifier.weight", "classifier.bias"]
    result |= {"train_logits": described(logits), "train_loss": float(loss),
               "grad_l2": {n: norms[n] for n in shown},
               "grad_l2_total": math.sqrt(sum(norm**2 for norm in norms.values())),
               "running_mean_after": described(model.bn1.running_mean),
               "running_var_after": described(model.bn1.running_var)}
    return result


def main():
    folder = pathlib.Path(__file__).parent
    lines = [line for name in NAMES for line in entries(name)]
    (folder / "timm_entries.txt").write_text("\n".join(lines) + "\n")
    text = json.dumps({name: figures(name) for name in FIGURES}, indent=1)
    (folder / "timm_figures.json").write_text(text + "\n")


if __name__ == "__main__":
    main()
