#!/usr/bin/env python3
"""Writes rebuilt_figures.json: the figures of efficientnet_es, of which timm's were not taken.

    /usr/bin/python3 tests/golden/backbones/rebuild_edge.py

Needs what generate.py beside it needs. The network is put together from torch's own layers, by the
entries of timm_entries.txt and the strides of arXiv 2003.02838: an independent check of the C++
network's wiring, weaker than timm's own figures, which generate_timm.py gives once "efficientnet_es"
is among its FIGURES. The file has the form of timm_figures.json.
"""
import json
import math
import pathlib

import torch
from generate import filled, unit
from torch.nn import functional as F

STRIDES = [1, 2, 2, 2, 1, 2]  # of each stage's first block


def read_shapes(name):
    shapes, current = {}, None
    for line in (pathlib.Path(__file__).parent / "timm_entries.txt").read_text().splitlines():
        if line.startswith("# "):
            current = line.split()[1]
        elif current == name:
            entry, shape = line.split()
            shapes[entry] = () if shape == "scalar" else tuple(map(int, shape.split("x")))
    return shapes | {"classifier.weight": (1000, 1280), "classifier.bias": (1000,)}


class Edge:
    def __init__(self):
        self.values = {n: filled(n, s).float() for n, s in read_shapes("efficientnet_es").items()}
        self.trained = {n: v.requires_grad_() for n, v in self.values.items()
                        if n.endswith((".weight", ".bias"))}

    def layer(self, x, conv, norm, training, stride=1):
        weight = self.values[conv + ".weight"]
        x = F.conv2d(x, weight, None, stride, weight.shape[2] // 2,
                     groups=x.shape[1] // weight.shape[1])
        mean, variance, scale, shift = (self.values[f"{norm}.{part}"] for part in (
            "running_mean", "running_var", "weight", "bias"))
        return F.batch_norm(x, mean, variance, scale, shift, training, 0.1, 1e-5)

    def block(self, x, name, stride, training):
        if name + ".conv_exp.weight" in self.values:
            layers = [("conv_exp", stride), ("conv_pwl", 1)]
        else:
            layers = [("conv_pw", 1), ("conv_dw", stride), ("conv_pwl", 1)]
        out = x
        for number, (conv, step) in enumerate(layers, start=1):
            out = self.layer(out, f"{name}.{conv}", f"{name}.bn{number}", training, step)
            if number < len(layers):
                out = out.relu()
        return out + x if out.shape == x.shape else out

    def forward(self, x, training):
        x = self.layer(x, "conv_stem", "bn1", training, 2).relu()
        for stage, first_stride in enumerate(STRIDES):
            number = 0
            while f"blocks.{stage}.{number}.bn1.weight" in self.values:
                stride = first_stride if number == 0 else 1
                x = self.block(x, f"blocks.{stage}.{number}", stride, training)
                number += 1
        features = self.layer(x, "conv_head", "bn2", training).relu().mean((2, 3))
        return features, F.linear(features, self.values["classifier.weight"],
                                  self.values["classifier.bias"])


def described(tensor):
    values = tensor.detach().double().flatten()
    return {"shape": list(tensor.shape), "l2": float(values.norm()), "mean": float(values.mean()),
            "first": [float(value) for value in values[:8]]}


def main():
    images = torch.from_numpy(unit("input", 2 * 3 * 224 * 224).reshape(2, 3, 224, 224)).float()
    network = Edge()
    with torch.no_grad():
        features, logits = network.forward(images, training=False)
    figures = {"eval_features": described(features), "eval_logits": described(logits)}
    _, logits = network.forward(images, training=True)
    loss = F.cross_entropy(logits, torch.tensor([3, 5]))
    loss.backward()
    norms = {n: float(v.grad.double().norm()) for n, v in network.trained.items()}
    shown = ["conv_stem.weight", "classifier.weight", "classifier.bias"]
    figures |= {"train_logits": described(logits), "train_loss": float(loss),
                "grad_l2": {n: norms[n] for n in shown},
                "grad_l2_total": math.sqrt(sum(norm**2 for norm in norms.values())),
                "running_mean_after": described(network.values["bn1.running_mean"]),
                "running_var_after": described(network.values["bn1.running_var"])}
    both = {name: figures for name in ("efficientnet_es", "efficientnet_es_pruned")}
    path = pathlib.Path(__file__).parent / "rebuilt_figures.json"
    path.write_text(json.dumps(both, indent=1) + "\n")


if __name__ == "__main__":
    main()
