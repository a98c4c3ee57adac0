# shellcheck shell=bash
# Sourced by the other scripts: saying what happens, with the time since the start, and stopping.

if [ "${CI:-}" = true ]; then
  export NO_COLOR=1 CLICOLOR=0 TERM=dumb
fi

# Scripts called by a script go on counting from its start.
export CONSILIUM_SCRIPT_STARTED=${CONSILIUM_SCRIPT_STARTED:-$EPOCHSECONDS}

# step "text": one line, with minutes and seconds so far, before each thing that takes time.
step() {
  local elapsed=$((EPOCHSECONDS - CONSILIUM_SCRIPT_STARTED))
  printf '[%02d:%02d] %s\n' $((elapsed / 60)) $((elapsed % 60)) "$*"
}

# fail "text": what is missing or wrong and what to do; ends the script with exit code 1.
fail() {
  printf '%s: %s\n' "${0##*/}" "$*" >&2
  exit 1
}

# Runs a command with its output in the file $1; shows the end of it if the command fails.
logged() {
  local log=$1
  shift
  mkdir -p "$(dirname "$log")"
  if ! "$@" >"$log" 2>&1; then
    tail -n 40 "$log" >&2
    fail "'$*' failed; all of its output is in $log"
  fi
}

# Compile jobs: one per core, but 1.5 GB of free memory each, which LibTorch's headers need.
build_jobs() {
  local cores memory
  cores=$(nproc)
  memory=$(awk '/^MemAvailable:/ {print int($2 / 1572864)}' /proc/meminfo)
  [ "$memory" -ge 1 ] || memory=1
  echo $((cores < memory ? cores : memory))
}

# build PRESET [TARGET...]: configures and builds a preset; all its targets if none is named.
build() {
  local preset=$1 jobs
  shift
  jobs=$(build_jobs)
  step "configuring preset $preset into build/$preset/"
  logged "build/log/configure-$preset.txt" cmake --preset "$preset"
  step "building preset $preset with $jobs jobs${*:+: $*}"
  cmake --build --preset "$preset" --parallel "$jobs" ${@:+--target "$@"} ||
    fail "the build of preset $preset failed, see above"
}

# run_tests PRESET: all tests of a preset; an error too if fewer ran than are listed.
run_tests() {
  local preset=$1 listed ran junit=$PWD/build/$1/tests.xml
  listed=$(ctest --preset "$preset" -N | sed -n 's/^Total Tests: //p')
  step "running the $listed tests of preset $preset"
  ctest --preset "$preset" --output-junit "$junit" || fail "tests of preset $preset failed, see above"
  ran=$(grep -c '<testcase .*status="run"' "$junit" || true)
  [ "$ran" -eq "$listed" ] || fail "$listed tests are listed but $ran ran: none may be skipped"
  step "all $ran tests of preset $preset passed"
}
