#!/usr/bin/env python3
"""Holds the Trainer against the plain PyTorch loop, run in turn: prints a Markdown table.

    compare_training.py --program build/release/bench/train_bench --out comparison.jsonl

Every run is a process of its own; for each backbone and batch they take turns (ours, PyTorch's
modes, ours, ...), so that whatever else the machine does meets all of them. Each gives a line of
--out, which holds a run's configuration and figures; runs that are there already are not repeated,
so that a comparison that was stopped goes on where it was. Figures are medians over repeats, with
the slowest and the fastest; ratios are medians of those within a repeat, which had the same machine.
"""
import argparse
import json
import os
import pathlib
import statistics
import subprocess
import sys

REFERENCE = pathlib.Path(__file__).resolve().parent / "train_reference.py"
PLAIN = "nchw"
HEADER = ("backbone", "batch", "ours", "images/s", "of the plain loop", "of PyTorch's best",
          "share of GEMM", "peak MiB", "plain loop: images/s", "MiB", "PyTorch's best: images/s",
          "MiB")


def words(text):
    return [word for word in text.split(",") if word]


def parse_options():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--program", default="build/release/bench/train_bench")
    parser.add_argument("--python", default=sys.executable, help="with torch and torchvision")
    parser.add_argument("--backbones", type=words, default=words("resnet18,densenet121,mobilenet_v2"))
    parser.add_argument("--batches", type=words, default=words("16"))
    parser.add_argument("--precisions", type=words, default=words("auto"), help="ours")
    parser.add_argument("--modes", type=words, default=words("nchw,nhwc,bf16"), help="PyTorch's")
    parser.add_argument("--image-size", type=int, default=224)
    parser.add_argument("--steps", type=int, default=10)
    parser.add_argument("--threads", type=int, default=os.cpu_count())
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--augment", action="store_true", help="ours also augments its images")
    parser.add_argument("--out", type=pathlib.Path, default=pathlib.Path("comparison.jsonl"))
    parser.add_argument("--again", action="store_true", help="forgets what --out holds")
    options = parser.parse_args()
    if PLAIN not in options.modes:
        parser.error(f"--modes: without {PLAIN} there is no plain loop to compare with")
    return options


def contestants(options):
    return [("ours", name) for name in options.precisions] + \
        [("pytorch", name) for name in options.modes]


def run_of(options, backbone, batch, contestant, repeat):
    """What identifies a run in the output file."""
    side, variant = contestant
    return {"side": side, "variant": variant, "backbone": backbone, "batch": int(batch),
            "image_size": options.image_size, "steps": options.steps, "threads": options.threads,
            "device": options.device, "augment": side == "ours" and options.augment,
            "repeat": repeat}


def command_of(options, run):
    common = ["--image-size", str(run["image_size"]), "--steps", str(run["steps"]), "--threads",
              str(run["threads"]), "--device", run["device"]]
    if run["side"] == "ours":
        plain = [] if run["augment"] else ["--no-augment"]
        return [options.program, "--backbones", run["backbone"], "--batches", str(run["batch"]),
                "--precisions", run["variant"], *common, *plain]
    return [options.python, str(REFERENCE), "--backbone", run["backbone"], "--batch",
            str(run["batch"]), "--mode", run["variant"], *common]


def execute(options, run):
    environment = os.environ | {"OMP_NUM_THREADS": str(run["threads"]),
                                "OPENBLAS_NUM_THREADS": str(run["threads"])}
    done = subprocess.run(command_of(options, run), env=environment, stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, text=True, check=False)
    lines = done.stdout.splitlines()
    if done.returncode == 0 and lines:
        return json.loads(lines[-1])
    reason = (done.stderr.strip().splitlines() or ["no output"])[-1]
    return {"failed": f"exit code {done.returncode}: {reason}"}


def read_lines(path):
    if not path.exists():
        return []
    return [json.loads(line) for line in path.read_text().splitlines() if line.strip()]


def run_all(options):
    done = [line["run"] for line in read_lines(options.out)]
    for backbone in options.backbones:
        for batch in options.batches:
            for repeat in range(options.repeats):
                for contestant in contestants(options):
                    run = run_of(options, backbone, batch, contestant, repeat)
                    if run in done:
                        continue
                    figures = execute(options, run)
                    with options.out.open("a") as file:
                        file.write(json.dumps({"run": run, "figures": figures}) + "\n")
                    said = figures.get("failed") or f"{figures['images_per_second']:.2f} images/s"
                    print(f"{backbone}, batch {batch}, {' '.join(contestant)}, repeat {repeat + 1}:"
                          f" {said}", file=sys.stderr, flush=True)


class Summary:
    """Medians over the repeats of one contestant, or why it has none. figures: by repeat."""

    def __init__(self, figures):
        good = [line for line in figures.values() if "failed" not in line]
        self.failed = None if good else (list(figures.values()) or [{"failed": "not run"}])[0]["failed"]
        if not good:
            return
        self.speeds = {repeat: line["images_per_second"] for repeat, line in figures.items()
                       if "failed" not in line}
        self.speed = statistics.median(self.speeds.values())
        self.share = statistics.median(line["gemm_share"] for line in good)
        self.peak = statistics.median(line["peak_rss_mib"] for line in good)
        self.precision = good[0]["precision"]

    def spread(self):
        speeds = self.speeds.values()
        return f"{self.speed:.2f} ({min(speeds):.2f} to {max(speeds):.2f})"

    def ratio_to(self, other):
        ratios = [speed / other.speeds[repeat] for repeat, speed in self.speeds.items()
                  if repeat in other.speeds]
        return f"{statistics.median(ratios):.2f}" if ratios else ""


def summaries(options, lines, backbone, batch):
    found = {}
    for contestant in contestants(options):
        runs = [run_of(options, backbone, batch, contestant, repeat)
                for repeat in range(options.repeats)]
        found[contestant] = Summary({line["run"]["repeat"]: line["figures"] for line in lines
                                     if line["run"] in runs})
    return found


def row_of(backbone, batch, precision, found):
    ours, plain = found["ours", precision], found["pytorch", PLAIN]
    rivals = {mode: summary for (side, mode), summary in found.items()
              if side == "pytorch" and not summary.failed}
    if ours.failed or plain.failed:
        return [backbone, batch, precision, f"failed: {ours.failed or plain.failed}"] + [""] * 8
    best = max(rivals, key=lambda mode: rivals[mode].speed)
    return [backbone, batch, ours.precision, ours.spread(), ours.ratio_to(plain),
            ours.ratio_to(rivals[best]), f"{ours.share:.0%}", f"{ours.peak:.0f}",
            plain.spread(), f"{plain.peak:.0f}", f"{best} {rivals[best].spread()}",
            f"{rivals[best].peak:.0f}"]


def table(options):
    lines = read_lines(options.out)
    rows = [HEADER, ["---"] * 3 + ["---:"] * 9]
    failures = []
    for backbone in options.backbones:
        for batch in options.batches:
            found = summaries(options, lines, backbone, batch)
            rows += [row_of(backbone, batch, precision, found) for precision in options.precisions]
            failures += [f"{backbone}, batch {batch}, PyTorch's {variant}: {summary.failed}"
                         for (side, variant), summary in found.items()
                         if side == "pytorch" and summary.failed]
    text = "\n".join("| " + " | ".join(row) + " |" for row in rows)
    return "\n".join([text, "", *failures]) if failures else text


def main():
    options = parse_options()
    if options.again:
        options.out.unlink(missing_ok=True)
    run_all(options)
    print(table(options))


if __name__ == "__main__":
    main()
