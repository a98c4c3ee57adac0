#!/usr/bin/python3
"""A sweep of 40 jobs, killed five times, in shards, as a Slurm array: the same files as undisturbed?

    forty_jobs.py PROGRAM_DIR FOLDER [SEED]

Too long for every run of the tests, which do the same with four jobs (sweep_cli_test.cc). Prints
what each way took; exit code 1 if files differ.
"""

import json
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

SWEEP = """methods: [local, stl, mdmt-central, mdmt-federated]
seeds: [1, 2, 3, 4, 5]
backbone: squeezenet1_1
learning-rate: [1e-3, 1e-4]
synthetic: true
scale: 0.003
image-size: 32
rounds: 1
no-augment: true
precision: fp32
"""
TIMES = {"done", "logs", "locks"}


def files_of(folder: Path) -> dict[str, bytes]:
    """All files but those that say what the jobs took and said."""
    names = (path.relative_to(folder) for path in folder.rglob("*") if path.is_file())
    return {str(name): content_of(folder / name) for name in names
            if name.parts[0] not in TIMES and name.name != "report.html"
            and not str(name).endswith(("report/tables/cost.csv", "report/tables/cost.tex"))}


def content_of(path: Path) -> bytes:
    """A training's record without the time it took."""
    content = path.read_bytes()
    if path.parent.name != "trainings":
        return content
    record = json.loads(content)
    del record["seconds"]
    return json.dumps(record).encode()


def main(arguments: list[str]) -> int:
    program = str(Path(arguments[1]).resolve() / "consilium-sim")
    folder = Path(arguments[2]).resolve()
    folder.mkdir(parents=True)
    draw = random.Random(int(arguments[3]) if len(arguments) > 3 else 1)
    sweep = folder / "sweep.yaml"
    sweep.write_text(SWEEP)

    def run(out: str, *more: str) -> list[str]:
        return [program, "run", str(sweep), "--out", str(folder / out), *more]

    def finish(out: str, began: float) -> dict[str, bytes]:
        said = subprocess.run([program, "collect", str(folder / out)], check=True,
                              capture_output=True, text=True).stdout
        print(f"{out}: {time.monotonic() - began:.0f} s, {said.splitlines()[0]}", flush=True)
        return files_of(folder / out)

    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    began = time.monotonic()
    subprocess.run(run("alone"), check=True, **quiet)
    took = time.monotonic() - began
    results = {"alone": finish("alone", began)}

    began = time.monotonic()
    for _ in range(5):
        process = subprocess.Popen(run("killed"), **quiet)
        time.sleep(draw.uniform(0.02, 0.19) * took)
        process.send_signal(signal.SIGKILL)
        process.wait()
        done = len(list((folder / "killed" / "done").glob("*.json")))
        print(f"  killed with {done} jobs done", flush=True)
    subprocess.run(run("killed"), check=True, **quiet)
    results["killed"] = finish("killed", began)

    began = time.monotonic()
    for shard in (3, 1, 4, 2):
        subprocess.run(run("shards", "--shard", f"{shard}/4"), check=True, **quiet)
    results["shards"] = finish("shards", began)

    began = time.monotonic()
    script = folder / "array.sh"
    subprocess.run([program, "plan", str(sweep), "--out", str(folder / "array"), "--shards", "4",
                    "--jobs", "1", "--calibration-steps", "0", "--slurm", str(script)],
                   check=True, **quiet)
    slurm = Path(__file__).resolve().parent / "one_node_slurm.sh"
    subprocess.run([str(slurm), str(folder / "cluster"), "sbatch", "--wait",
                    f"--output={folder}/task-%a.log", str(script)],
                   check=True, cwd=folder, env=os.environ, **quiet)
    results["array"] = finish("array", began)

    differing = 0
    for name, files in results.items():
        same = files == results["alone"]
        differing += not same
        print(f"{name}: {len(files)} files, {'the same' if same else 'DIFFERENT'}")
    return 1 if differing else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv))
