#!/bin/sh
# Builds and installs idhooks from this source tree, or uninstalls it; see `./install.sh --help`.
set -eu

RUST_MINOR=95 # oldest Rust 1.x, as `rust-version` in Cargo.toml
GIT_MINOR=31  # oldest git 2.x: `git rev-parse --path-format`

usage() {
  cat <<'HELP'
Build and install idhooks from this source tree

Usage: ./install.sh [--demo] [<repository>]
       ./install.sh --uninstall [<repository>]

Arguments:
  <repository>  Also run `idhooks init` (if it has no registry yet) and `idhooks install` there;
                with --uninstall, run `idhooks uninstall` there first

Options:
  --demo        Run `idhooks demo` after installing
  --uninstall   Remove the program, `git idhooks`, the completions and the manual pages. Clones
                with hooks then cannot commit: run `idhooks uninstall` in each of them first
  -h, --help    Print help

The program goes to <root>/bin, with git-idhooks beside it, and the manual pages to
<root>/share/man/man1. <root> is $CARGO_INSTALL_ROOT, else $CARGO_HOME, else ~/.cargo. The
completions of bash, zsh and fish go to <root>/share if $CARGO_INSTALL_ROOT is set, else to
$XDG_DATA_HOME, else to ~/.local/share. Run this again to update. Files that idhooks did not write
are left alone. Nothing needs root, and you need not change PATH first.

Examples:
  ./install.sh
  ./install.sh ~/src/project
  CARGO_INSTALL_ROOT=~/.local ./install.sh --demo
  ./install.sh --uninstall
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

# Prints the second number of a version such as 1.95.0, or 9999 if the first is above $2.
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

# Sets where everything is. man looks in share/man beside each bin on PATH, so that the pages go
# where the program goes; shells look in the user's data directory.
set_places() {
  root=${CARGO_INSTALL_ROOT:-${CARGO_HOME:-${HOME:?is not set, nor CARGO_INSTALL_ROOT}/.cargo}}
  root=$(absolute "$root")
  bin_dir=$root/bin
  idhooks=$bin_dir/idhooks
  man_dir=$root/share/man/man1
  if [ -n "${CARGO_INSTALL_ROOT:-}" ]; then
    data_dir=$root/share
    bash_dir=$data_dir/bash-completion
  else
    data_dir=$(absolute "${XDG_DATA_HOME:-${HOME:-$root}/.local/share}")
    bash_dir=${BASH_COMPLETION_USER_DIR:-$data_dir/bash-completion}
    bash_dir=$(absolute "${bash_dir%%:*}")
  fi
  bash_dir=$bash_dir/completions
  zsh_dir=$data_dir/zsh/site-functions
  fish_dir=$data_dir/fish/vendor_completions.d
}

is_there() { [ -e "$1" ] || [ -L "$1" ]; }

# Whether idhooks wrote a completion script or a manual page.
is_ours() {
  [ -f "$1" ] && ! [ -L "$1" ] && grep -q "Written by 'idhooks " "$1" 2>/dev/null
}

# Whether a file is our git-idhooks: a link to the program beside it, or a copy of it.
is_our_command() {
  [ "$(readlink "$1" 2>/dev/null)" = idhooks ] ||
    case $("$1" --version 2>/dev/null) in 'idhooks '*) true ;; *) false ;; esac
}

# Puts a file in its place; fails where that cannot be written.
put() { # file, place
  if is_there "$2" && ! is_ours "$2"; then
    warn "'$2' is left as it is: idhooks did not write it"
    return 0
  fi
  if mkdir -p "${2%/*}" 2>/dev/null && cp "$1" "$2.new-$$" 2>/dev/null && mv -f "$2.new-$$" "$2" 2>/dev/null; then
    return 0
  fi
  rm -f "$2.new-$$" 2>/dev/null || :
  return 1
}

put_completions() { # shell, directory, name
  if ! "$idhooks" completions "$1" >"$made/$1" 2>/dev/null || ! is_ours "$made/$1"; then
    warn "idhooks printed no completions for $1"
  elif put "$made/$1" "$2/$3"; then
    say "completions for $1: '$2/$3'"
  else
    warn "cannot write '$2/$3': no completions for $1"
  fi
}

put_pages() {
  mkdir "$made/man1"
  "$idhooks" -q man --output "$made/man1" 2>/dev/null || :
  # Pages of commands that are no longer there go, too.
  remove_pages
  for page in "$made"/man1/*.1; do
    [ -e "$page" ] || continue
    if ! put "$page" "$man_dir/${page##*/}"; then
      warn "cannot write to '$man_dir': no manual pages"
      return 0
    fi
  done
  say "manual pages: '$man_dir'"
}

# Puts what belongs to the program in its places. Without it the program works, so that nothing
# here fails the installation.
put_extras() {
  if ! made=$(mktemp -d); then
    warn 'cannot make a temporary directory: no completions, no manual pages'
    return 0
  fi
  put_completions bash "$bash_dir" idhooks
  # This is the file that bash looks for when git's completion meets `git idhooks`.
  if [ -s "$made/bash" ]; then put "$made/bash" "$bash_dir/git-idhooks" || :; fi
  put_completions zsh "$zsh_dir" _idhooks
  put_completions fish "$fish_dir" idhooks.fish
  put_pages
  rm -rf "$made"
  if command -v zsh >/dev/null 2>&1; then
    say 'zsh looks for them there with this in ~/.zshrc, before compinit:'
    say "  fpath+=('$zsh_dir')"
  fi
}

# Puts git-idhooks beside the program, so that git knows the command `git idhooks`.
put_command() {
  case $(uname -s 2>/dev/null || echo unknown) in
    MINGW* | MSYS* | CYGWIN*) command=$bin_dir/git-idhooks.exe ;;
    *) command=$bin_dir/git-idhooks ;;
  esac
  if is_there "$command" && ! is_our_command "$command"; then
    warn "'$command' is left as it is: it is another program; 'git idhooks' does not work"
    return 0
  fi
  case $command in
    *.exe) cp "$idhooks.exe" "$command" 2>/dev/null ;;
    *) ln -sf idhooks "$command" 2>/dev/null ;;
  esac || warn "cannot write '$command': 'git idhooks' does not work"
}

remove() { # file
  if is_there "$1" && ! rm -f "$1" 2>/dev/null; then
    warn "cannot remove '$1'"
  fi
}

remove_ours() { # files
  for file in "$@"; do
    if is_ours "$file"; then
      remove "$file"
    elif is_there "$file"; then
      warn "'$file' is left as it is: idhooks did not write it"
    fi
  done
}

remove_pages() {
  for page in "$man_dir"/idhooks.1 "$man_dir"/idhooks-*.1 "$man_dir"/git-idhooks.1; do
    if is_ours "$page"; then remove "$page"; fi
  done
}

warn_of_clones() {
  warn 'clones with idhooks installed need the program. Without it, in every clone with a registry,'
  cat >&2 <<WARNING
  git commit stops with an error, git merge merges the registry as plain text, and timers of
  'idhooks schedule' fail.
There is no list of such clones. Before you remove the program, run in each of them:
  '$idhooks' -C <clone> schedule remove     (if it has timers)
  '$idhooks' -C <clone> uninstall
To find the clones below your home directory:
  find ~ -name pre-commit -type f -exec grep -l '>>> idhooks' {} + 2>/dev/null
To commit in a clone that was left out: IDHOOKS=0 git commit ..., or install idhooks again.
WARNING
}

# Takes away what this script has installed.
uninstall() {
  found=0
  if is_there "$idhooks" || is_there "$idhooks.exe"; then found=1; fi
  if [ -n "$repository" ]; then
    [ "$found" = 1 ] || usage_error "no idhooks in '$bin_dir' to uninstall with; ./install.sh installs it"
    "$idhooks" -C "$repository" uninstall
  fi
  if [ "$found" = 1 ]; then warn_of_clones; fi
  # You can still stop here if you sit at a terminal.
  if [ "$found" = 1 ] && [ -t 0 ]; then
    printf "Remove idhooks from '%s' now? [y/N] " "$bin_dir" >&2
    read -r answer || answer=
    case $answer in
      [yY]*) ;;
      *)
        say 'nothing was removed'
        exit 1
        ;;
    esac
  fi
  remove_ours "$bash_dir/idhooks" "$bash_dir/git-idhooks" "$zsh_dir/_idhooks" "$fish_dir/idhooks.fish"
  remove_pages
  for command in "$bin_dir/git-idhooks" "$bin_dir/git-idhooks.exe"; do
    if is_there "$command" && is_our_command "$command"; then remove "$command"; fi
  done
  # Directories that are empty now; the others stay.
  for dir in "$bash_dir" "${bash_dir%/*}" "$zsh_dir" "${zsh_dir%/*}" "$fish_dir" "${fish_dir%/*}" \
    "$man_dir" "${man_dir%/*}" "$root/share"; do
    rmdir "$dir" 2>/dev/null || :
  done
  # So that cargo, too, knows that it is gone.
  if command -v cargo >/dev/null 2>&1; then
    cargo uninstall --root "$root" idhooks >/dev/null 2>&1 || :
  fi
  remove "$idhooks"
  remove "$idhooks.exe"
  if is_there "$idhooks" || is_there "$idhooks.exe"; then exit 1; fi
  if [ "$found" = 1 ]; then
    say "uninstalled idhooks from '$bin_dir', with its completions and manual pages"
  else
    say "no idhooks in '$bin_dir'; its completions and manual pages are removed"
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
uninstall=0
repository=
while [ $# -gt 0 ]; do
  case $1 in
    -h | --help)
      usage
      exit 0
      ;;
    --demo) demo=1 ;;
    --uninstall) uninstall=1 ;;
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

[ "$demo$uninstall" != 11 ] || usage_error '--demo and --uninstall exclude each other'

source_dir=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd -P)
set_places
if [ "$uninstall" = 0 ]; then check_prerequisites; fi
# Before a build of minutes, and before anything is removed.
if [ -n "$repository" ]; then
  repository=$(absolute "$repository")
  inside=$(git -C "$repository" rev-parse --is-inside-work-tree 2>/dev/null) || inside=false
  if [ "$inside" != true ]; then
    usage_error "'$repository' is not in the working tree of a git repository"
  fi
fi

if [ "$uninstall" = 1 ]; then
  uninstall
  exit 0
fi

flags=$(static_flags)
(
  IFS='
'
  set -f
  # shellcheck disable=SC2086 # a word per line
  cd "$source_dir" && cargo install --path . --locked --root "$root" $flags
)
say "installed: $("$idhooks" --version) in '$bin_dir'"
put_command
put_extras
look_at_path
if [ -n "$repository" ]; then set_up "$repository"; fi
if [ "$demo" = 1 ]; then "$idhooks" demo; fi
if [ -z "$repository" ]; then
  say 'next, in a repository of yours:'
  say "  '$idhooks' init && '$idhooks' install"
fi
