#!/usr/bin/env bash
# Installs the packages, builds everything and runs all tests. Can be run again at any time.
set -euo pipefail
cd "$(dirname "$0")/.."
. scripts/steps.sh

step "1/3 packages"
scripts/install_packages.sh packaging/apt-packages.txt packaging/apt-packages-test.txt
step "2/3 programs and tests"
build release
step "3/3 tests"
run_tests release
