#!/usr/bin/env bash
# The slow checks before an issue counts as done: scripts/check.sh [lint|asan|tsan|tidy]...
#   lint  the rules of tests/lint, without building anything
#   asan  all tests under the address and undefined-behaviour sanitizers
#   tsan  the tests of what links neither LibTorch nor gRPC under the thread sanitizer
#   tidy  every header compiled alone, then clang-tidy over every source
# Without arguments all four run, in this order.
set -euo pipefail
cd "$(dirname "$0")/.."
. scripts/steps.sh

check_lint() {
  step "lint"
  python3 tests/lint/lint.py . || fail "lint found the faults above"
}

check_sanitizer() {
  build "$1"
  run_tests "$1"
}

check_tidy() {
  # Generated headers must exist before a header that includes them is compiled.
  build tidy consilium_proto consilium_commit all_verify_interface_header_sets
  step "clang-tidy"
  # Clang rejects LibTorch 1.13 over GCC 12's standard library: its constexpr std::vector makes
  # ATen/core/ivalue_inl.h use an incomplete type. GCC 11's library has no such vector.
  local log=build/log/clang-tidy.txt includes=/usr/include
  # Nor does it know all of GCC's warnings, pragmas and options.
  sed -i 's/ -fno-loop-unroll-and-jam//' build/tidy/compile_commands.json
  local -a arguments=(-extra-arg=-Wno-unknown-warning-option -extra-arg=-Wno-unknown-pragmas
    -extra-arg=-nostdinc++
    "-extra-arg=-isystem$includes/c++/11"
    "-extra-arg=-isystem$includes/$(g++ -print-multiarch)/c++/11")
  if ! run-clang-tidy -quiet -p build/tidy -j "$(build_jobs)" "${arguments[@]}" \
    "^$PWD/(aggregator|common|simulations|site_client|tests)/" >"$log" 2>&1; then
    sed -i 's/\x1b\[[0-9;]*m//g' "$log"  # it colours even a file
    grep -E '(error|warning): ' "$log" | sort -u >&2 || tail -n 20 "$log" >&2
    fail "clang-tidy found the faults above; all of its output is in $log"
  fi
  step "clang-tidy has nothing to say"
}

parts=("$@")
[ $# -gt 0 ] || parts=(lint asan tsan tidy)
for part in "${parts[@]}"; do
  case $part in
    lint | asan | tsan | tidy) ;;
    *) fail "'$part': no such check; expected lint, asan, tsan or tidy" ;;
  esac
done
scripts/install_packages.sh packaging/apt-packages.txt packaging/apt-packages-test.txt
for part in "${parts[@]}"; do
  case $part in
    lint) check_lint ;;
    asan | tsan) check_sanitizer "$part" ;;
    tidy) check_tidy ;;
  esac
done
step "clean: ${parts[*]}"
