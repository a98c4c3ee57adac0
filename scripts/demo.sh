#!/usr/bin/env bash
# From a bare Debian 12 machine to a report: installs the packages, builds the programs and runs the
# main job, federated leave-one-center-out, on a synthetic cohort. Can be run again at any time.
set -euo pipefail
cd "$(dirname "$0")/.."
. scripts/steps.sh

# The whole demonstration is set here; every option is explained by consilium-sim loco --help.
readonly out=build/demo
readonly demo=(
  --synthetic --scale 0.03 --image-size 48
  --methods "local,stl,mdmt-central,mdmt-federated"
  --backbone resnet18 --rounds 5 --local-epochs 1 --batch-size 8 --seed 1
  --out "$out"
)

step "1/3 packages"
scripts/install_packages.sh packaging/apt-packages.txt
step "2/3 programs, into build/release/bin/"
build release consilium-sim consilium-aggregator consilium-site
step "3/3 the main job: build/release/bin/consilium-sim loco ${demo[*]}"
rm -rf "$out"
build/release/bin/consilium-sim loco "${demo[@]}"
step "done. Report: $out/report.html  rows: $out/summary.csv, $out/summary.json"
