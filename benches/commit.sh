#!/usr/bin/env bash
# What `git commit` of one file costs without a hook, with an empty hook, and with idhooks.
#
# Three repositories of the same files differ in nothing but their hook. Every round commits
# once in each of them, in turn and beginning with another one each time, so that whatever else
# the machine does meets all three alike. What counts are the ratios; the CPU minimum is the
# steadiest figure, since noise only ever adds to it.
set -euo pipefail

usage() {
  cat <<'HELP'
Measure `git commit` of one file: no hook, an empty sh hook, idhooks

Usage: benches/commit.sh [<rounds> [<files>...]]

  <rounds>  Rounds that count, after two that do not [default: 30]
  <files>   Sizes of the repositories [default: 1000 10000]

Needs git, bash, awk and a release build (cargo build --release --locked), or IDHOOKS_BIN=<path>.
Prints a Markdown table. Works in a temporary directory, which it removes.
HELP
}

case ${1:-} in -h | --help) usage && exit 0 ;; esac
rounds=${1:-30}
if [ $# -gt 0 ]; then shift; fi
sizes=("$@")
if [ ${#sizes[@]} = 0 ]; then sizes=(1000 10000); fi
for number in "$rounds" "${sizes[@]}"; do
  case $number in '' | 0* | *[!0-9]*) usage >&2 && exit 2 ;; esac
done

root=$(CDPATH='' cd -- "$(dirname -- "$0")/.." && pwd -P)
idhooks=${IDHOOKS_BIN:-${CARGO_TARGET_DIR:-$root/target}/release/idhooks}
case $idhooks in /*) ;; *) idhooks=$PWD/$idhooks ;; esac
if [ ! -x "$idhooks" ]; then
  printf 'error: %s\nhint: cargo build --release --locked\n' "no program '$idhooks'" >&2
  exit 2
fi

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
# shellcheck disable=SC2046 # names of variables, one word each
unset $(git rev-parse --local-env-vars) IDHOOKS
export HOME=$work GIT_CONFIG_NOSYSTEM=1 GIT_CONFIG_GLOBAL=$work/gitconfig LC_ALL=C
export GIT_AUTHOR_NAME=Bench GIT_AUTHOR_EMAIL=bench@example.org
export GIT_COMMITTER_NAME=Bench GIT_COMMITTER_EMAIL=bench@example.org
git config --global init.defaultBranch main
git config --global gc.auto 0
git config --global maintenance.auto false
git config --global advice.detachedHead false

variants=(none empty idhooks)

# Makes the files of a repository, fifty to a directory.
make_files() { # number
  awk -v number="$1" 'BEGIN {
    split("rs py md json txt toml", kind, " ")
    for (i = 0; i < number; i++) {
      if (i % 50 == 0) { dir = sprintf("part%03d", i / 50); system("mkdir -p " dir) }
      file = sprintf("%s/file%05d.%s", dir, i, kind[i % 6 + 1])
      for (line = 1; line <= 20; line++) printf "file %d, line %d: %d\n", i, line, i * line > file
      close(file)
    }
  }'
}

make_repositories() { # number
  git init -q none
  (cd none && make_files "$1" && git add . && git commit -qm files && git repack -qad)
  cp -R none empty
  cp -R none idhooks
  printf '#!/bin/sh\nexit 0\n' >empty/.git/hooks/pre-commit
  chmod +x empty/.git/hooks/pre-commit
  "$idhooks" -C idhooks --quiet init --scope 260118 >"$work/said"
  "$idhooks" -C idhooks --quiet install >"$work/said" 2>&1
  git -C idhooks commit -qm adopt
}

TIMEFORMAT='%U %S %R'
samples=$work/samples

# Commits what is staged, and writes one line: files, commit, variant, user, system, real.
measure() { # files, commit, variant, round
  local times
  times=$({ time git -C "$3" commit -qm "round $4" >"$work/said" 2>&1; } 2>&1)
  if [ "$4" -gt 0 ]; then printf '%s %s %s %s\n' "$1" "$2" "$3" "$times" >>"$samples"; fi
}

round() { # files, round (not above 0: does not count)
  local shift variant edited added i
  edited=part$(printf '%03d' $((($2 + 2) % ($1 / 50 + ($1 % 50 > 0)))))
  added=$edited/new$(($2 + 2)).py
  edited=$(cd none && ls -d "$edited"/file* | head -n 1)
  for i in 0 1 2; do
    shift=$((($2 + 2 + i) % 3))
    variant=${variants[shift]}
    echo "round $2" >>"$variant/$edited"
    git -C "$variant" add "$edited"
    measure "$1" edit "$variant" "$2"
    echo "print('this is new in round $2')" >"$variant/$added"
    git -C "$variant" add "$added"
    measure "$1" add "$variant" "$2"
  done
}

for files in "${sizes[@]}"; do
  rm -rf "${variants[@]}"
  make_repositories "$files"
  for ((number = -1; number <= rounds; number++)); do
    round "$files" "$number"
    if [ -t 2 ]; then printf '\r%s files, round %s of %s ' "$files" "$number" "$rounds" >&2; fi
  done
  if [ -t 2 ]; then echo >&2; fi
  # A measurement of a hook that did not do its work would be worth nothing.
  records=$(grep -c '"status":"active"' idhooks/.idhooks/registry.json)
  if [ "$records" != $((files + rounds + 2)) ] || [ -n "$(git -C idhooks status --short)" ]; then
    echo "error: the registry does not hold every file" >&2
    exit 1
  fi
done

cores=$(getconf _NPROCESSORS_ONLN 2>/dev/null || echo '?')
printf '%s; git %s; %s; %s cores; %s rounds\n\n' "$("$idhooks" --version)" \
  "$(git --version | cut -d ' ' -f 3)" "$(uname -sm)" "$cores" "$rounds"
cat <<'HEAD'
| files | commit | hook | CPU ms, minimum | ÷ no hook | ÷ empty hook | wall ms, median | ÷ no hook | ÷ empty hook |
|---|---|---|---|---|---|---|---|---|
HEAD
sort -k1,1n -k2,2r -k3,3 -k6,6n "$samples" | awk '
  function ratio(a, b) { return b > 0 ? sprintf("%.2f", a / b) : "" }
  {
    key = $1 " " $2; at = key " " $3; cpu = ($4 + $5) * 1000
    if (!(key in seen)) { seen[key] = 1; keys[++count] = key }
    if (!(at in least) || cpu < least[at]) least[at] = cpu
    wall[at, ++n[at]] = $6 * 1000
  }
  function median(at,   m) {
    m = n[at]
    return m % 2 ? wall[at, (m + 1) / 2] : (wall[at, m / 2] + wall[at, m / 2 + 1]) / 2
  }
  END {
    names["none"] = "none"; names["empty"] = "empty sh hook"; names["idhooks"] = "idhooks"
    words["edit"] = "edits a file"; words["add"] = "adds a file"
    split("none empty idhooks", order, " ")
    for (k = 1; k <= count; k++) {
      split(keys[k], part, " ")
      none = keys[k] " none"; empty = keys[k] " empty"
      for (v = 1; v <= 3; v++) {
        at = keys[k] " " order[v]
        printf "| %s | %s | %s | %.0f | %s | %s | %.0f | %s | %s |\n", part[1], words[part[2]],
          names[order[v]], least[at], ratio(least[at], least[none]), ratio(least[at], least[empty]),
          median(at), ratio(median(at), median(none)), ratio(median(at), median(empty))
      }
    }
  }'
