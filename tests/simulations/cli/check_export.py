#!/usr/bin/env python3
"""Compares an exported model with torchvision's network under the exported weights.

    check_export.py BACKBONE MODEL.safetensors BACKBONE.pth BACKBONE.safetensors MODEL.pt

Exits with 0 if the weights load strictly, both files of them are equal, and the TorchScript gives
what torchvision's network and the model's heads give, at several batch sizes.
"""
import json
import sys

import safetensors_io
import torch
import torchvision
from torch.nn import functional


def without_classifier(name):
    arguments = {"weights": None}
    if name == "googlenet":
        arguments |= {"aux_logits": False, "transform_input": True, "init_weights": False}
    net = getattr(torchvision.models, name)(**arguments)
    if hasattr(net, "fc"):
        net.fc = torch.nn.Identity()
    else:
        net.classifier = torch.nn.Identity()
    return net


def head(features, state, task):
    """Linear ReLU Linear ReLU Linear: the head of a task among several, in evaluation mode."""
    prefix = f"heads.{task}."
    for layer in ("0", "3", "6"):
        weight, bias = state[f"{prefix}{layer}.weight"], state[f"{prefix}{layer}.bias"]
        features = functional.linear(features, weight, bias)
        if layer != "6":
            features = functional.relu(features)
    return features


def main():
    name, model, pth, safetensors, script_file = sys.argv[1:]
    state, metadata = safetensors_io.read(model)
    net = without_classifier(name)
    weights = torch.load(pth)
    net.load_state_dict(weights, strict=True)
    again, _ = safetensors_io.read(safetensors)
    assert weights.keys() == again.keys()
    assert all(torch.equal(weights[entry], again[entry]) for entry in weights)
    net.eval()

    extra = {"tasks": "", "preprocessing": ""}
    script = torch.jit.load(script_file, _extra_files=extra)
    assert json.loads(extra["tasks"]) == json.loads(metadata["tasks"])
    assert "image_size" in json.loads(extra["preprocessing"])
    torch.manual_seed(1)
    for batch in (1, 2, 5):
        images = torch.randn(batch, 3, 64, 64)
        with torch.no_grad():
            scores = script(images)
            features = net(images)
        assert set(scores) == {"prognosis", "brixia"}
        for task, values in scores.items():
            expected = head(features, state, task)
            error = (values - expected).abs().max() / expected.square().mean().sqrt()
            assert error < 1e-4, (task, batch, float(error))
    script.train()
    script.eval()


main()
