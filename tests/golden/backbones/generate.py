#!/usr/bin/env python3
"""Writes the golden files of the backbones: torchvision's own features and entry names.

    /usr/bin/python3 tests/golden/backbones/generate.py

Needs Debian's python3-torch (1.13.0) and python3-torchvision (0.14.1), with which the files beside
this script were made. Weights and input follow the fill rule of common/nn/fill_rule.h: every
value is a function of its entry's name and index, so the C++ test rebuilds the same network.

features.safetensors  per backbone, float32 [2, F]: what the classifier would be given, evaluation
                      mode, input "input" [2, 3, 224, 224]
entries.txt           per backbone "# NAME PARAMETERS", then one "ENTRY SHAPE" per line in the order
                      of state_dict(), classifier left out
"""
import json
import math
import pathlib
import struct

import numpy as np
import torch
import torchvision

NAMES = ["resnet18", "resnet34", "resnet50", "resnet101", "resnext50_32x4d", "wide_resnet50_2",
         "densenet121", "densenet161", "densenet169", "densenet201", "mobilenet_v2"]
CLASSIFIERS = ("fc.", "classifier.")
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


def features(model):
    """The input of the last linear layer."""
    seen = []
    last = [m for m in model.modules() if isinstance(m, torch.nn.Linear)][-1]
    last.register_forward_pre_hook(lambda module, inputs: seen.append(inputs[0]))
    images = torch.from_numpy(unit("input", 2 * 3 * 224 * 224).reshape(2, 3, 224, 224)).float()
    model.eval()
    with torch.no_grad():
        for name, tensor in model.state_dict().items():
            tensor.copy_(filled(name, tuple(tensor.shape)).to(tensor.dtype))
        model(images)
    return seen[0].contiguous()


def write_safetensors(path, tensors):
    header, offset = {}, 0
    for name, tensor in tensors.items():
        end = offset + 4 * tensor.numel()
        header[name] = {"dtype": "F32", "shape": list(tensor.shape), "data_offsets": [offset, end]}
        offset = end
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    with open(path, "wb") as file:
        file.write(struct.pack("<Q", len(text)) + text)
        for tensor in tensors.values():
            file.write(tensor.numpy().tobytes())


def main():
    folder = pathlib.Path(__file__).parent
    rows, lines = {}, []
    for name in NAMES:
        model = getattr(torchvision.models, name)(weights=None)
        kept = {n: t for n, t in model.state_dict().items() if not n.startswith(CLASSIFIERS)}
        parameters = sum(p.numel() for n, p in model.named_parameters()
                         if not n.startswith(CLASSIFIERS))
        lines.append(f"# {name} {parameters}")
        for entry, tensor in kept.items():
            lines.append(f"{entry} {'x'.join(map(str, tensor.shape)) or 'scalar'}")
        rows[name] = features(model)
    write_safetensors(folder / "features.safetensors", rows)
    (folder / "entries.txt").write_text("\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
