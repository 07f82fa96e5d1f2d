#!/bin/sh
# Builds and installs idhooks from this source tree; see `./install.sh --help`.
set -eu

RUST_MINOR=89 # oldest Rust 1.x, as `rust-version` in Cargo.toml
GIT_MINOR=31  # oldest git 2.x: `git rev-parse --path-format`

usage() {
  cat <<'HELP'
Build and install idhooks from this source tree

Usage: ./install.sh [--demo] [<repository>]

Arguments:
  <repository>  Go on with `idhooks init` (if it has no registry yet) and `idhooks install` there

Options:
  --demo        Run `idhooks demo` after installing
  -h, --help    Print help

The program goes to $CARGO_INSTALL_ROOT/bin, else $CARGO_HOME/bin, else ~/.cargo/bin. Running
this again updates it. Nothing needs root, and PATH need not be changed to go on.

Examples:
  ./install.sh
  ./install.sh ~/src/project
  CARGO_INSTALL_ROOT=~/.local ./install.sh --demo
HELP
}

say() { printf '%s\n' "$*"; }
warn() { printf 'warning: %s\n' "$*" >&2; }
usage_error() {
  printf 'error: %s\n' "$1" >&2
  printf '%s\n' 'hint: ./install.sh --help' >&2
  exit 2
}

lacking=0
lack() { # what is wrong, how to get it
  printf 'error: %s\nhint: %s\n' "$1" "$2" >&2
  lacking=1
}

# Prints the second number of a version such as 1.89.0, or 9999 if the first is above $2.
minor() { # version, major
  major=${1%%.*}
  rest=${1#*.}
  rest=${rest%%[!0-9]*}
  case $major:$rest in *[!0-9:]* | :* | *:) echo 0 && return ;; esac
  if [ "$major" -gt "$2" ]; then echo 9999; elif [ "$major" -lt "$2" ]; then echo 0; else echo "$rest"; fi
}

check_prerequisites() {
  rustup='install Rust from https://rustup.rs, then open a new shell'
  if ! command -v git >/dev/null 2>&1; then
    lack 'git is not on PATH' \
      'install git: apt install git, dnf install git, brew install git, or https://git-scm.com/downloads'
  else
    version=$(git --version | cut -d ' ' -f 3)
    if [ "$(minor "$version" 2)" -lt "$GIT_MINOR" ]; then
      lack "git $version is too old, 2.$GIT_MINOR is needed" 'update git: https://git-scm.com/downloads'
    fi
  fi
  command -v cargo >/dev/null 2>&1 || lack 'cargo is not on PATH' "$rustup"
  if ! command -v rustc >/dev/null 2>&1; then
    lack 'rustc is not on PATH' "$rustup"
  else
    # In the source tree, where a toolchain file may choose another one.
    version=$(cd "$source_dir" && rustc --version 2>/dev/null | cut -d ' ' -f 2) || version=
    if [ "$(minor "${version:-0}" 1)" -lt "$RUST_MINOR" ]; then
      lack "rustc ${version:-of unknown version} is too old, 1.$RUST_MINOR is needed" \
        'update Rust: rustup update stable (if Rust came from a package manager: https://rustup.rs)'
    fi
  fi
  case $(uname -s 2>/dev/null || echo unknown) in
    MINGW* | MSYS* | CYGWIN*) ;; # the Windows toolchain finds its own linker
    *)
      cc --version >/dev/null 2>&1 || lack "the linker 'cc' does not run" \
        'install a C compiler: apt install build-essential, dnf install gcc, apk add build-base, or xcode-select --install'
      ;;
  esac
  if [ "$lacking" = 1 ]; then exit 2; fi
}

# Prints a path as absolute, whether it exists or not.
absolute() {
  case $1 in
    /* | [A-Za-z]:[\\/]*) printf '%s\n' "$1" ;;
    *) printf '%s/%s\n' "$(pwd)" "$1" ;;
  esac
}

# Prints how cargo links the C library into the program, which starts faster then; nothing where
# the C compiler cannot do that, or where somebody has chosen flags.
static_flags() {
  host=$(cd "$source_dir" && rustc -vV | while read -r key value; do
    case $key in host:) echo "$value" ;; esac
  done)
  case $host in *-linux-gnu) ;; *) return ;; esac
  [ -z "${RUSTFLAGS:-}${CARGO_ENCODED_RUSTFLAGS:-}${CARGO_BUILD_TARGET:-}" ] || return 0
  probe=$(mktemp -d) || return 0
  if echo 'int main(void) { return 0; }' |
    cc -static -x c -o "$probe/probe" - -lm -lgcc_eh -lc >/dev/null 2>&1 && "$probe/probe"; then
    printf '%s\n' --config "$source_dir/.cargo/static.toml" --target "$host"
  fi
  rm -rf "$probe"
}

look_at_path() {
  case ":$PATH:" in
    *":$bin_dir:"*) ;;
    *)
      say "'$bin_dir' is not on PATH; to call idhooks by its name, add this to your shell's profile:"
      say "  export PATH=\"$bin_dir:\$PATH\""
      ;;
  esac
  other=$(command -v idhooks || :)
  if [ -n "$other" ] && [ "$other" != "$idhooks" ] && ! cmp -s "$other" "$idhooks"; then
    warn "another idhooks comes first on PATH: '$other'; this one is '$idhooks'"
  fi
}

set_up() { # repository
  if git -C "$1" cat-file -e :.idhooks/registry.json 2>/dev/null ||
    git -C "$1" cat-file -e HEAD:.idhooks/registry.json 2>/dev/null; then
    say "'$1' has a registry already"
  else
    "$idhooks" -C "$1" init
  fi
  "$idhooks" -C "$1" install
}

demo=0
repository=
while [ $# -gt 0 ]; do
  case $1 in
    -h | --help)
      usage
      exit 0
      ;;
    --demo) demo=1 ;;
    --)
      shift
      [ $# -le 1 ] && [ -z "$repository" ] || usage_error 'more than one repository'
      repository=${1:-}
      break
      ;;
    -*) usage_error "unknown option '$1'" ;;
    '') usage_error 'the name of the repository is empty' ;;
    *)
      [ -z "$repository" ] || usage_error 'more than one repository'
      repository=$1
      ;;
  esac
  shift
done

source_dir=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd -P)
check_prerequisites
# Before a build of minutes, not after it.
if [ -n "$repository" ]; then
  repository=$(absolute "$repository")
  inside=$(git -C "$repository" rev-parse --is-inside-work-tree 2>/dev/null) || inside=false
  if [ "$inside" != true ]; then
    usage_error "'$repository' is not in the working tree of a git repository"
  fi
fi

root=${CARGO_INSTALL_ROOT:-${CARGO_HOME:-${HOME:?is not set, nor CARGO_INSTALL_ROOT}/.cargo}}
root=$(absolute "$root")
bin_dir=$root/bin
idhooks=$bin_dir/idhooks
flags=$(static_flags)
(
  IFS='
'
  set -f
  # shellcheck disable=SC2086 # a word per line
  cd "$source_dir" && cargo install --path . --locked --root "$root" $flags
)
say "installed: $("$idhooks" --version) in '$bin_dir'"
look_at_path
if [ -n "$repository" ]; then set_up "$repository"; fi
if [ "$demo" = 1 ]; then "$idhooks" demo; fi
if [ -z "$repository" ]; then
  say 'next, in a repository of yours:'
  say "  '$idhooks' init && '$idhooks' install"
fi
