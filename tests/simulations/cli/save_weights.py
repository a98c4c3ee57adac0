#!/usr/bin/env python3
"""Writes the weights of a torchvision network as torch.save does, an input, and its outputs.

    save_weights.py BACKBONE FOLDER

weights.pth (zip format), legacy.pth (the format before torch 1.6), wrapped.pth (as a training
script stores it), input.safetensors, expected.safetensors ('features', 'logits').
"""
import sys

import safetensors_io
import torch
import torchvision


def main():
    name, folder = sys.argv[1:]
    torch.manual_seed(3)
    arguments = {"weights": None}
    if name == "googlenet":
        arguments |= {"aux_logits": True, "transform_input": True, "init_weights": False}
    net = getattr(torchvision.models, name)(**arguments)
    net.train()
    net(torch.randn(4, 3, 64, 64))  # so that running statistics are not those of a new network
    net.eval()
    state = net.state_dict()
    torch.save(state, f"{folder}/weights.pth")
    torch.save(state, f"{folder}/legacy.pth", _use_new_zipfile_serialization=False)
    wrapped = {"epoch": 3, "state_dict": {"module." + entry: t for entry, t in state.items()}}
    torch.save(wrapped, f"{folder}/wrapped.pth")

    images = torch.randn(2, 3, 64, 64)
    seen = []
    last = [layer for layer in net.modules() if isinstance(layer, torch.nn.Linear)][-1]
    last.register_forward_pre_hook(lambda layer, inputs: seen.append(inputs[0]))
    with torch.no_grad():
        logits = net(images)
    safetensors_io.write(f"{folder}/input.safetensors", {"input": images})
    safetensors_io.write(f"{folder}/expected.safetensors",
                         {"features": seen[-1], "logits": logits})


main()
