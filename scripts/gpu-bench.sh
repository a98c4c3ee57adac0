#!/usr/bin/env bash
# How fast a machine with an NVIDIA GPU trains: builds the preset core with a LibTorch that has CUDA,
# runs the tests that need a GPU, and prints a table of images per second and of the share of the
# tensor cores' peak, beside PyTorch's own loop where python3 has torch and torchvision.
#
# Needs the driver, CMake 3.24, a C++20 compiler, ninja or make, CUDA's toolkit, LibTorch with CUDA
# (found through CMAKE_PREFIX_PATH, else through python3's torch), and the headers of nlohmann-json
# and CLI11. Without GoogleTest the tests are left out. What is missing is said before anything is
# built. Can be run again at any time.
#
# Settings are environment variables, with what is taken without them:
#   DEVICE=cuda:0 BACKBONES="resnet50 densenet121" PRECISIONS="fp32 bf16 fp16" MODES="nchw bf16 best"
#   BATCH=128 IMAGE_SIZE=256 STEPS=20 THREADS=<cores> PYTHON=<the first python3 with torch>
# DEVICE=cpu tries the script out where there is no GPU.
set -euo pipefail
cd "$(dirname "$0")/.."
. scripts/steps.sh

readonly device=${DEVICE:-cuda:0} batch=${BATCH:-128} image_size=${IMAGE_SIZE:-256}
readonly steps=${STEPS:-20} threads=${THREADS:-$(nproc)}
readonly work=(--batch "$batch" --image-size "$image_size" --steps "$steps" --threads "$threads")
read -ra backbones <<<"${BACKBONES:-resnet50 densenet121}"
read -ra precisions <<<"${PRECISIONS:-fp32 bf16 fp16}"
read -ra modes <<<"${MODES:-nchw bf16 best}"
readonly lines=build/log/gpu-bench.jsonl errors=build/log/gpu-bench-errors.txt
readonly row='%-14s %-9s %-8s %12s %12s %14s %10s\n'

# has_python CODE: whether the chosen python3 runs it.
has_python() { [ -n "$python" ] && "$python" -c "$1" >/dev/null 2>&1; }

find_python() {
  for python in ${PYTHON:-python3 /usr/bin/python3}; do
    if has_python 'import torch'; then return; fi
  done
  python=
}

# has_package NAME: whether CMake finds it, as preset core would.
has_package() {
  local folder found=0
  folder=$(mktemp -d)
  printf 'cmake_minimum_required(VERSION 3.24)\nproject(look LANGUAGES C CXX)\n%s\n%s\n' \
    "find_package($1 REQUIRED)" "message(STATUS \"version \${$1_VERSION}\")" >"$folder/CMakeLists.txt"
  cmake -G "$generator" -S "$folder" -B "$folder/build" >"build/log/look-for-$1.txt" 2>&1 || found=1
  rm -rf "$folder"
  return "$found"
}

check_tools() {
  command -v cmake >/dev/null || fail "there is no cmake; version 3.24 or newer is needed"
  local version
  version=$(cmake --version | sed -n 's/^cmake version //p')
  [ "$(printf '%s\n' 3.24 "$version" | sort -V | head -n 1)" = 3.24 ] ||
    fail "cmake is version $version; 3.24 or newer is needed"
  command -v "${CXX:-c++}" >/dev/null || command -v g++ >/dev/null || command -v clang++ >/dev/null ||
    fail "there is no C++ compiler"
  if command -v ninja >/dev/null; then
    generator=Ninja
  elif command -v make >/dev/null; then
    generator="Unix Makefiles"
  else
    fail "there is neither ninja nor make"
  fi
  [ "$device" != cpu ] || return 0
  nvidia-smi --query-gpu=name,memory.total,driver_version --format=csv,noheader 2>/dev/null ||
    fail "nvidia-smi finds no GPU; DEVICE=cpu tries this script out without one"
}

check_packages() {
  local package missing=()
  for package in nlohmann_json CLI11 Torch; do
    has_package "$package" || missing+=("$package")
  done
  [ ${#missing[@]} -eq 0 ] ||
    fail "CMake does not find ${missing[*]}. Headers: packages nlohmann-json3-dev and libcli11-dev, or" \
      "their releases. LibTorch: a release with CUDA, or python3's torch; CUDA's toolkit (nvcc) must" \
      "be there too. Name their folders in CMAKE_PREFIX_PATH, with colons. What CMake said is in" \
      "build/log/look-for-*.txt"
  tests=OFF
  if ! grep -rqE --include=CMakeLists.txt 'LABELS[^)]*\<gpu\>' tests; then
    step "there are no tests labelled gpu"
  elif ! has_package GTest; then
    step "no GoogleTest here: the tests are left out"
  else
    tests=ON
  fi
}

# LibTorch in Python's package is found only if CMake is told where; what the user named comes first.
find_torch() {
  [ -n "$python" ] || return 0
  local folder
  folder=$("$python" -c 'import torch; print(torch.utils.cmake_prefix_path)')
  [ ! -d "$folder/Torch" ] || export CMAKE_PREFIX_PATH="${CMAKE_PREFIX_PATH:+$CMAKE_PREFIX_PATH:}$folder"
}

build_core() {
  local jobs flags="" targets=(consilium-sim)
  [ "$tests" = OFF ] || targets=(all)
  jobs=$(build_jobs)
  step "configuring preset core into build/core/"
  # Newer LibTorchs deprecate what 1.13, which the project is made for, has nothing else for; GCC 14 sees
  # overruns in their headers that are not there.
  grep -q '^-- version 1\.' build/log/look-for-Torch.txt ||
    flags="-Wno-error=deprecated-declarations -Wno-error=array-bounds"
  logged build/log/configure-core.txt cmake --preset core -G "$generator" \
    -DCONSILIUM_WITH_TESTS="$tests" -DCMAKE_CXX_FLAGS="$flags"
  step "building preset core with $jobs jobs"
  logged build/log/build-core.txt cmake --build build/core --parallel "$jobs" --target "${targets[@]}"
}

run_gpu_tests() {
  if [ "$tests" = OFF ] || [ "$device" = cpu ]; then return 0; fi
  step "running the tests labelled gpu"
  ctest --test-dir build/core -L '^gpu$' --output-on-failure || fail "tests failed, see above"
}

# number KEY: its value in the JSON object on standard input.
number() { sed -n "s/.*\"$1\": *\([0-9.e+-]*\).*/\1/p"; }

# show WHOSE BACKBONE VARIANT COMMAND...: a line of the table from the JSON object that the command
# prints last, which goes into the file of lines.
show() {
  local whose=$1 backbone=$2 variant=$3 json speed
  shift 3
  json=$("$@" 2>"$errors" | tail -n 1) || true
  speed=$(number images_per_second <<<"$json")
  [ -z "$json" ] || printf '%s\n' "$json" >>"$lines"
  if [ -z "$speed" ]; then
    # shellcheck disable=SC2059  # the format is a constant of this script
    printf "$row" "$backbone" "$whose" "$variant" failed - - -
    printf '    %s\n' "${json:-$(tail -n 1 "$errors")}"
    return 0
  fi
  # shellcheck disable=SC2059
  printf "$row" "$backbone" "$whose" "$variant" "$(rounded 1 "$speed")" \
    "$(rounded 2 "$(number gflops <<<"$json")" 1000)" \
    "$(rounded 2 "$(number gemm_peak_gflops <<<"$json")" 1000)" \
    "$(rounded 3 "$(number gemm_share <<<"$json")")"
}

# rounded DIGITS VALUE [DIVISOR]
rounded() { awk -v value="$2" -v by="${3:-1}" "BEGIN {printf \"%.$1f\", value / by}"; }

measure_ours() {
  local backbone precision
  for backbone in "${backbones[@]}"; do
    for precision in "${precisions[@]}"; do
      show consilium "$backbone" "$precision" build/core/bin/consilium-sim bench train --json \
        --device "$device" --backbone "$backbone" --precision "$precision" "${work[@]}"
      [ "$device" != cpu ] || continue
      show consilium "$backbone" "$precision+g" build/core/bin/consilium-sim bench train --json --cuda-graphs \
        --device "$device" --backbone "$backbone" --precision "$precision" "${work[@]}"
    done
  done
}

measure_pytorch() {
  local backbone mode
  if ! has_python 'import torch, torchvision'; then
    step "no python3 with torch and torchvision here: PyTorch's own loop is left out"
    return 0
  fi
  for backbone in "${backbones[@]}"; do
    for mode in "${modes[@]}"; do
      show pytorch "$backbone" "$mode" "$python" tests/bench/train_reference.py \
        --device "$device" --backbone "$backbone" --mode "$mode" "${work[@]}"
    done
  done
}

mkdir -p build/log
check_tools
find_python
find_torch
step "looking for what preset core needs"
check_packages
build_core
run_gpu_tests
step "training on $device: batch $batch, $image_size x $image_size pixels, $steps steps after 2"
rm -f "$lines"
# shellcheck disable=SC2059
printf "$row" backbone whose "in" images/s TFLOP/s "peak TFLOP/s" share
measure_ours
measure_pytorch
step "done. +g: with --cuda-graphs. The peak is that of matrix products in the same type (fp32 on a GPU: TF32). All figures: $lines"
