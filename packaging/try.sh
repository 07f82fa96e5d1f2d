# shellcheck shell=bash
# What packaging/*/try have in common, to be sourced; .ci/installed runs them. Sets dist, target, version and
# scratch, an empty directory of which $scratch/home and $scratch/tmp are the user's.
set -euo pipefail
packaging=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")" && pwd)
kind=$(basename -- "$(dirname -- "$0")")

dist='' target='' scratch=''
while [ $# -gt 0 ]; do
  case $1 in
    --dist) dist=$(cd -- "$2" && pwd) ;;
    --target) target=$2 ;;
    --scratch) scratch=$(cd -- "$2" && pwd) ;;
    *) echo "error: unknown argument '$1'" >&2 && exit 2 ;;
  esac
  shift 2
done
version=$("$packaging/versions" | sed -n '1s/ .*//p')
mkdir -p "$scratch/home" "$scratch/tmp"
# Tools stay what they are, while everything else is written to a home of its own.
export RUSTUP_HOME=${RUSTUP_HOME:-$HOME/.rustup}
export LC_ALL=C HOME=$scratch/home TMPDIR=$scratch/tmp XDG_CACHE_HOME=$scratch/cache GIT_CONFIG_NOSYSTEM=1

fail() {
  echo "error: $kind: $1" >&2
  exit 1
}
# Ends the try: something that it needs is not there.
skip() {
  echo "skipped: $kind: $1"
  case ${CI:-}:" ${REQUIRED_KINDS:-} " in true:* | *" $kind "*) exit 1 ;; esac
  exit 0
}
# Ends the try: there is nothing to try for this target on this machine.
none() {
  echo "$kind: $1"
  exit 0
}
package() { # pattern; prints the one file in dist that matches
  local found
  found=$(find "$dist" -maxdepth 1 -name "$1" | sort)
  case $found in '' | *$'\n'*) fail "'$dist' does not contain one file '$1'" ;; esac
  echo "$found"
}
# Serves dist until the script ends, and sets url.
serve() { # arguments of packaging/serve
  exec 3< <(exec "$packaging/serve" "$dist" "$@" 2>"$scratch/served")
  trap 'kill '"$!" EXIT
  # shellcheck disable=SC2034 # for the script that sources this
  read -r url <&3 || { cat "$scratch/served" >&2 && fail 'packaging/serve does not start'; }
}
# Whether pip installs a wheel here by itself. It must if the wheel is for the C library of this machine.
pip_takes() { # pip, wheel
  local tag=${2##*-none-}
  grep -qx "  py3-none-${tag%%.*}" < <("$1" debug --verbose 2>/dev/null) && return
  case $target in
    *-linux-gnu) is_runnable && getconf GNU_LIBC_VERSION >/dev/null 2>&1 && fail "pip refuses '${2##*/}' here" ;;
  esac
  return 1
}
# Whether this machine runs programs of the target, which need no library that could be missing.
is_runnable() {
  local machine
  machine=$(uname -m)
  case $(uname -s):$target in
    Linux:"$machine"-*-linux-* | Darwin:"${machine/arm64/aarch64}"-apple-darwin) ;;
    *) return 1 ;;
  esac
}
seconds='' processor=''
timed() { # command; sets how many seconds it took, and how many of them a processor
  local TIMEFORMAT='%R %U %S' code=0
  { time "$@" >"$scratch/log" 2>&1; } 2>"$scratch/time" || code=$?
  [ "$code" = 0 ] || { cat "$scratch/log" >&2 && fail "failed: $*"; }
  read -r seconds user system <"$scratch/time"
  seconds=$(printf %.1f "$seconds")
  processor=$(awk -v u="$user" -v s="$system" 'BEGIN { printf "%.1f", u + s }')
}
# Fails if the last timed command took longer; on a machine that has other things to do, if it kept a processor busy
# for longer.
within() { # limit in seconds
  local took=$seconds
  if python3 -c 'import os, sys; sys.exit(os.getloadavg()[0] <= os.cpu_count())'; then
    took=$processor
    echo "$kind: the machine is busy: of $seconds s, $processor s are those of a processor"
  fi
  awk -v took="$took" -v limit="$1" 'BEGIN { exit !(took <= limit) }' || fail "took $took s, not $1"
}
demo() { # program, its git-idhooks or ''
  [ "$("$1" --version)" = "idhooks $version" ] || fail "'$1' is not idhooks $version"
  "$1" demo >"$scratch/demo" 2>&1 || { cat "$scratch/demo" >&2 && fail 'the demo failed'; }
  [ -z "$2" ] || [ "$("$2" --version)" = "idhooks $version" ] || fail "'$2' is not idhooks $version"
  [ -z "$(ls -A "$TMPDIR")" ] || fail "the demo left files: $(ls -A "$TMPDIR")"
}
gone() { # directories; no file of idhooks is left there; empty directories are those of package managers
  local left
  left=$(head -n 3 < <(for dir in "$@"; do [ ! -d "$dir" ] || (cd "$dir" && find . -ipath '*idhooks*' ! -type d); done))
  [ -z "$left" ] || fail "left after removal: $left"
}
