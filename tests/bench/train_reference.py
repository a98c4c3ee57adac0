#!/usr/bin/env python3
"""The plain PyTorch training loop that train_bench is held against: prints one JSON object.

    train_reference.py --backbone resnet18 --batch 16 --mode nchw --threads 2

Modes:
    nchw   float32, tensors in PyTorch's default layout: what a plain loop does
    nhwc   float32, channels last
    bf16   channels last, torch.autocast in bfloat16
    fp16   the same in float16 with a gradient scaler; GPUs alone
    best   bf16 with the fused Adam and torch.compile, each where this torch has it; meant for GPUs

Adam, cross-entropy of two classes, one batch of random images that lies in memory, no augmentation.
Two steps to warm up, then the timed ones, each from the end of the one before. Keys are those of
train_bench (simulations/benchmark/figures_text.h), `mode` and what of `best` was in use. A
configuration that fails gives "failed" instead of figures, and exit code 0.
"""
import argparse
import contextlib
import json
import statistics
import sys
import time

import torch
import torchvision

WARM_UP = 2
LEARNING_RATE = 1e-4
MODES = ("nchw", "nhwc", "bf16", "fp16", "best")
SHORT = {"bf16": torch.bfloat16, "fp16": torch.float16, "best": torch.bfloat16}


def finish(device):
    if device.type == "cuda":
        torch.cuda.synchronize(device)


def reset_peak_memory():
    """Whether the kernel lets a process do that; else the peak is that of the whole process."""
    try:
        with open("/proc/self/clear_refs", "w") as file:
            file.write("5")
        return True
    except OSError:
        return False


def peak_memory_mib():
    with open("/proc/self/status") as file:
        for line in file:
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) / 1024
    import resource
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def matrix_rate(device, dtype):
    """Operations per second of the best of several products, as matrix_product.h measures it."""
    side, products = (8192, 10) if device.type == "cuda" else (2048, 1)
    before = torch.backends.cuda.matmul.allow_tf32
    torch.backends.cuda.matmul.allow_tf32 = before or device.type == "cuda"
    left = torch.linspace(-1, 1, side * side).view(side, side).to(device, dtype)
    right = left.t().contiguous()
    best = float("inf")
    for sample in range(6):  # the first warms up
        start = time.perf_counter()
        for _ in range(products):
            torch.mm(left, right)
        finish(device)
        seconds = (time.perf_counter() - start) / products
        if sample > 0:
            best = min(best, seconds)
    torch.backends.cuda.matmul.allow_tf32 = before
    return 2 * side ** 3 / best


def multiply_adds(net, image):
    """Of convolutions and linear layers in one forward pass."""
    total = 0

    def count(layer, inputs, output):
        nonlocal total
        total += layer.weight[0].numel() * output.numel()

    layers = [layer for layer in net.modules()
              if isinstance(layer, (torch.nn.Conv2d, torch.nn.Linear))]
    hooks = [layer.register_forward_hook(count) for layer in layers]
    net.eval()
    with torch.no_grad():
        net(image)
    net.train()
    for hook in hooks:
        hook.remove()
    return total


def make_net(backbone):
    arguments = {"weights": None, "num_classes": 2}
    if backbone == "googlenet":
        arguments |= {"aux_logits": False, "init_weights": True}
    return getattr(torchvision.models, backbone)(**arguments)


def make_adam(net, mode, used):
    if mode == "best":
        try:
            optimizer = torch.optim.Adam(net.parameters(), lr=LEARNING_RATE, fused=True)
            used["fused_adam"] = True
            return optimizer
        except (TypeError, RuntimeError):
            used["fused_adam"] = False
    return torch.optim.Adam(net.parameters(), lr=LEARNING_RATE)


def compiled(net, mode, used):
    if mode == "best":
        used["compile"] = hasattr(torch, "compile")
        if used["compile"]:
            return torch.compile(net)
    return net


class Loop:
    def __init__(self, options, used):
        self.device = torch.device(options.device)
        self.mode = options.mode
        size = options.image_size
        images = torch.rand(options.batch, 3, size, size)
        net = make_net(options.backbone).to(self.device)
        self.multiply_adds = multiply_adds(net, torch.zeros(1, 3, size, size, device=self.device))
        if self.mode != "nchw":
            net = net.to(memory_format=torch.channels_last)
            images = images.contiguous(memory_format=torch.channels_last)
        self.images = images.to(self.device)
        self.labels = torch.randint(0, 2, (options.batch,)).to(self.device)
        self.optimizer = make_adam(net, self.mode, used)
        self.net = compiled(net, self.mode, used)
        self.scaler = torch.cuda.amp.GradScaler() if self.mode == "fp16" else None

    def precision(self):
        if self.mode not in SHORT:
            return contextlib.nullcontext()
        return torch.autocast(self.device.type, dtype=SHORT[self.mode])

    def step(self):
        self.optimizer.zero_grad(set_to_none=True)
        with self.precision():
            loss = torch.nn.functional.cross_entropy(self.net(self.images), self.labels)
        if self.scaler is None:
            loss.backward()
            self.optimizer.step()
        else:
            self.scaler.scale(loss).backward()
            self.scaler.step(self.optimizer)
            self.scaler.update()
        loss.item()
        finish(self.device)


def measure(options):
    used = {}
    torch.set_num_threads(options.threads)
    torch.manual_seed(1)
    dtype = SHORT.get(options.mode, torch.float32)
    device = torch.device(options.device)
    rate = matrix_rate(device, dtype)
    loop = Loop(options, used)
    for _ in range(WARM_UP):
        loop.step()
    own_peak = reset_peak_memory()
    seconds = []
    end = time.perf_counter()
    for _ in range(options.steps):
        loop.step()
        start, end = end, time.perf_counter()
        seconds.append(end - start)
    peak = peak_memory_mib()
    rate = max(rate, matrix_rate(device, dtype))
    speed = options.batch / statistics.median(seconds)
    flops = 6 * loop.multiply_adds * speed
    return used | {
        "images_per_second": speed,
        "images_per_second_min": options.batch / max(seconds),
        "images_per_second_max": options.batch / min(seconds),
        "step_seconds": statistics.mean(seconds),
        "gmac_per_image": loop.multiply_adds / 1e9,
        "gflops": flops / 1e9,
        "gemm_peak_gflops": rate / 1e9,
        "gemm_share": flops / rate,
        "peak_rss_mib": peak,
        "peak_rss_of_timed_steps": own_peak,
    }


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--backbone", default="resnet18")
    parser.add_argument("--batch", type=int, default=16)
    parser.add_argument("--image-size", type=int, default=224)
    parser.add_argument("--steps", type=int, default=10)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--mode", choices=MODES, default="nchw")
    parser.add_argument("--device", default="cpu")
    options = parser.parse_args()
    line = vars(options) | {"precision": options.mode if options.mode in ("bf16", "fp16") else
                            "bf16" if options.mode == "best" else "fp32",
                            "torch": torch.__version__}
    try:
        line |= measure(options)
    except Exception as error:  # whatever it is, it is the result of this configuration
        line["failed"] = f"{type(error).__name__}: {error}".split("\n")[0]
    print(json.dumps(line))


if __name__ == "__main__":
    sys.exit(main())
