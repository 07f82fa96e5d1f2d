#!/usr/bin/env bash
# Tests the dashboard in a real browser.
#
#   tests/ui/run.sh                          the page put together here, with sample data
#   tests/ui/run.sh http://127.0.0.1:8080/   a running 'idhooks dashboard'
#   tests/ui/run.sh site/index.html          an exported page
#   tests/ui/run.sh --prepare                nothing: only fetches the driver
#
# Further arguments: --sample (the data at that address are the sample's), --screenshots DIR,
# --only WORDS (tests whose name contains them).
# Needed: node 20 or later, npm, and a Chromium (CHROMIUM names one that is not on the PATH).
# Nothing is written into the repository: playwright-core goes into a cache directory.
set -euo pipefail

readonly version=1.65.1
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)

fail() {
  printf 'tests/ui/run.sh: %s\n' "$1" >&2
  exit 2
}

find_chromium() {
  local name
  for name in "${CHROMIUM:-}" chromium chromium-browser google-chrome google-chrome-stable; do
    if [[ -n $name ]] && command -v -- "$name"; then return; fi
  done
  fail 'no Chromium found; install one (Debian: apt-get install chromium), or set CHROMIUM'
}

# Installed beside and then moved, so that a run that was broken off leaves nothing half done.
install_driver() {
  local place=$1 fresh
  if [[ -d $place/node_modules/playwright-core ]]; then return; fi
  mkdir -p "$(dirname "$place")"
  fresh=$(mktemp -d "$place.XXXXXX")
  printf '{"private":true}\n' > "$fresh/package.json"
  npm install --prefix "$fresh" --no-audit --no-fund --silent "playwright-core@$version" \
    || fail "npm could not install playwright-core $version"
  mv -T "$fresh" "$place" 2> /dev/null || rm -rf "$fresh"
}

command -v node > /dev/null || fail 'node is needed'
command -v npm > /dev/null || fail 'npm is needed'
CHROMIUM=$(find_chromium)
driver=${XDG_CACHE_HOME:-$HOME/.cache}/idhooks-ui/playwright-core-$version
install_driver "$driver"
if [[ ${1:-} == --prepare ]]; then exit; fi

export CHROMIUM
export PLAYWRIGHT_CORE=$driver/node_modules/playwright-core
exec node "$here/dashboard.mjs" "$@"
