#!/usr/bin/env bash
# Installs the Debian packages named in the given lists: scripts/install_packages.sh LIST...
# Does nothing where all of them are installed.
set -euo pipefail
cd "$(dirname "$0")/.."
. scripts/steps.sh

[ $# -gt 0 ] || fail "usage: scripts/install_packages.sh LIST..., for example packaging/apt-packages.txt"
for list in "$@"; do
  [ -r "$list" ] || fail "$list: no such list of packages"
done
mapfile -t packages < <(sed -e 's/#.*//' -e 's/[[:space:]]//g' -e '/^$/d' "$@")

missing=()
for package in "${packages[@]}"; do
  # shellcheck disable=SC2016  # dpkg-query expands it
  state=$(dpkg-query --show --showformat='${Status}' "$package" 2>/dev/null || true)
  [ "$state" = "install ok installed" ] || missing+=("$package")
done
if [ ${#missing[@]} -eq 0 ]; then
  step "all ${#packages[@]} packages are installed"
  exit 0
fi

system=$(. /etc/os-release 2>/dev/null && echo "${ID:-unknown} ${VERSION_ID:-}") || system=unknown
[ "$system" = "debian 12" ] ||
  fail "this system is '$system', the lists name packages of 'debian 12'. Missing: ${missing[*]}"
as_root=()
if [ "$(id -u)" -ne 0 ]; then
  command -v sudo >/dev/null ||
    fail "run this as root or install sudo. Missing packages: ${missing[*]}"
  as_root=(sudo)
fi
as_root+=(env DEBIAN_FRONTEND=noninteractive apt-get --quiet)

step "installing ${#missing[@]} of ${#packages[@]} packages: ${missing[*]}"
log=build/log/apt.txt
mkdir -p build/log
if ! { "${as_root[@]}" update &&
  "${as_root[@]}" install --yes --no-install-recommends "${missing[@]}"; } >"$log" 2>&1; then
  tail -n 15 "$log" >&2
  if grep -qE 'Could not resolve|Could not connect|Temporary failure|Network is unreachable' "$log"; then
    fail "the package server cannot be reached: is there a network? (log: $log)"
  fi
  fail "apt-get could not install the packages (log: $log)"
fi
step "packages are installed"
