#!/bin/sh
# Installs idhooks, built from this source tree or from an archive of a release, or uninstalls it; see
# `./install.sh --help`.
set -eu

RUST_MINOR=95 # oldest Rust 1.x, as `rust-version` in Cargo.toml
GIT_MINOR=31  # oldest git 2.x: `git rev-parse --path-format`
STALLED=60    # seconds without a byte, after which a download is tried again

usage() {
  cat <<'HELP'
Build and install idhooks from this source tree, or install it from an archive

Usage: ./install.sh [--demo] [<repository>]
       ./install.sh --archive <FILE|URL> --sha256 <HEX> [--demo] [<repository>]
       ./install.sh --uninstall [<repository>]

Arguments:
  <repository>  Also run `idhooks init` (if it has no registry yet) and `idhooks install` there;
                with --uninstall, run `idhooks uninstall` there first

Options:
  --archive <FILE|URL>  Install the program of this archive of a release, which needs no Rust; a
                        URL needs curl or wget
  --sha256 <HEX>        The SHA-256 that the archive must have, from the SHA256SUMS of the release
  --demo                Run `idhooks demo` after installing
  --uninstall           Remove the program, `git idhooks`, the completions and the manual pages.
                        Clones with hooks then cannot commit: run `idhooks uninstall` in each of
                        them first
  -h, --help            Print help

The program goes to <root>/bin, with git-idhooks beside it, and the manual pages to
<root>/share/man/man1. <root> is $CARGO_INSTALL_ROOT, else $CARGO_HOME, else ~/.cargo. The
completions of bash, zsh and fish go to <root>/share if $CARGO_INSTALL_ROOT is set, else to
$XDG_DATA_HOME, else to ~/.local/share. Run this again to update. Files that idhooks did not write
are left alone. If the program is a script, or if a package manager installed it, it is neither
replaced nor removed. Nothing needs root, and you need not change PATH first. If an archive is
refused or cannot be installed, the exit code is 2, nothing was written, and an older program still
runs. If --uninstall finds another program in the place of idhooks, or cannot remove idhooks, the
exit code is 1.

Examples:
  ./install.sh
  ./install.sh ~/src/project
  ./install.sh --archive idhooks-1.0.0-x86_64-unknown-linux-gnu.tar.gz --sha256 <HEX>
  CARGO_INSTALL_ROOT=~/.local ./install.sh --demo
  ./install.sh --uninstall
HELP
}

# If the reader has gone (`| head -1`), the rest is done without output: half an installation helps nobody.
trap : PIPE
(: 3>&1) 2>/dev/null || exec >/dev/null
say() { printf '%s\n' "$*" 2>/dev/null || exec >/dev/null; }
warn() { printf 'warning: %s\n' "$*" >&2 || exec 2>/dev/null; }
refuse() { # what is wrong, what to do about it
  printf 'error: %s\nhint: %s\n' "$1" "$2" >&2 || :
  exit 2
}
usage_error() { refuse "$1" './install.sh --help'; }

# What this script makes for itself; removed at the end, whichever way it ends.
scratch=    # a directory
staged=     # the new program, beside the old one
unfinished= # a new file, beside its place
first_new=  # the first directory that did not exist on the way to the program
clean_up() {
  [ -z "$scratch" ] || rm -rf "$scratch" || :
  [ -z "$staged" ] || rm -f "$staged" || :
  [ -z "$unfinished" ] || rm -f "$unfinished" || :
  dir=$bin_dir
  # Directories with the program in them stay.
  while [ -n "$first_new" ] && rmdir "$dir" 2>/dev/null && [ "$dir" != "$first_new" ]; do
    dir=${dir%/*}
  done
}

# Fails where no file can be written.
make_scratch() { [ -n "$scratch" ] || scratch=$(mktemp -d 2>/dev/null); }

newline='
'
# Prints why a command failed: the last line that it wrote, without its name and curl's number. No file keeps
# these lines, since the disk may be full.
reason() { # all that it wrote, words if that is nothing
  line=${1##*"$newline"}
  line=${line#*: }
  line=${line#([0-9]*) }
  printf '%s\n' "${line:-$2}"
}

has() { command -v "$1" >/dev/null 2>&1; }

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

check_git() {
  if ! has git; then
    lack 'git is not on PATH' \
      'install git: apt install git, dnf install git, brew install git, or https://git-scm.com/downloads'
  else
    version=$(git --version | cut -d ' ' -f 3)
    if [ "$(minor "$version" 2)" -lt "$GIT_MINOR" ]; then
      lack "git $version is too old, 2.$GIT_MINOR is needed" 'update git: https://git-scm.com/downloads'
    fi
  fi
}

check_toolchain() {
  rustup='install Rust from https://rustup.rs, then open a new shell'
  has cargo || lack 'cargo is not on PATH' "$rustup"
  if ! has rustc; then
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
}

# Notes what the archive cannot be unpacked without.
check_unpacker() { # 1 for a zip file, 0 for a tar file
  if [ "$1" = 1 ]; then
    if ! has unzip; then
      lack "'$archive' is a zip file, and unzip is not on PATH" 'install unzip'
    elif ! unzip -Z -h >/dev/null 2>&1; then
      lack "'$archive' is a zip file, and this unzip cannot show the kinds of its entries" 'install unzip of Info-ZIP'
    fi
  elif ! has tar; then
    lack "'$archive' is a tar file, and tar is not on PATH" 'install tar'
  elif ! has gzip; then
    # The others decompress by themselves.
    case $(tar --version 2>/dev/null || :) in
      *'GNU tar'*) lack "'$archive' is compressed by gzip, and gzip is not on PATH" 'install gzip' ;;
    esac
  fi
}

check_archive_tools() {
  case $archive in
    http://* | https://*)
      has curl || has wget || lack 'neither curl nor wget is on PATH' 'install curl, or download the archive yourself'
      ;;
  esac
  has sha256sum || has shasum || has openssl || lack 'no program for SHA-256 is on PATH' \
    'install coreutils (sha256sum), shasum or openssl'
  # Before the download, as far as the name says it.
  case $archive in
    *.zip) check_unpacker 1 ;;
    *.tar.gz | *.tgz) check_unpacker 0 ;;
  esac
}

check_prerequisites() {
  check_git
  if [ -n "$archive" ]; then check_archive_tools; else check_toolchain; fi
  if [ "$lacking" = 1 ]; then exit 2; fi
}

# Prints the absolute form of a path, which need not exist, with single slashes: the parent of a directory is
# found by its last slash. Two slashes at the beginning stay, because they have a meaning on Windows.
absolute() {
  case $1 in
    /* | [A-Za-z]:[\\/]*) path=$1/ ;;
    *) path=$(pwd)/$1/ ;;
  esac
  while :; do
    case $path in
      */./*) path=${path%%/./*}/${path#*/./} ;;
      ?*//*) path=${path%//*}/${path##*//} ;;
      *) break ;;
    esac
  done
  case $path in [A-Za-z]:/) ;; ?*/) path=${path%/} ;; esac
  printf '%s\n' "$path"
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
  [ -n "${CARGO_INSTALL_ROOT:-}${CARGO_HOME:-}${HOME:-}" ] || refuse 'HOME is not set, nor is CARGO_INSTALL_ROOT' \
    'set CARGO_INSTALL_ROOT to the directory to install in'
  root=${CARGO_INSTALL_ROOT:-${CARGO_HOME:-${HOME:-}/.cargo}}
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

# Prints the end of a program's name on this system.
exe() {
  case $(uname -s 2>/dev/null || echo unknown) in MINGW* | MSYS* | CYGWIN*) echo .exe ;; esac
}

# Prints a text as a word of a shell command.
word() {
  rest=$1
  quoted=
  while :; do
    case $rest in *"'"*) ;; *) break ;; esac
    quoted=$quoted${rest%%"'"*}"'\\''"
    rest=${rest#*"'"}
  done
  printf "'%s'\n" "$quoted$rest"
}

# Whether a file is a link to another directory, as package managers make them.
leads_out() { # file
  [ -L "$1" ] || return 1
  target=$(readlink "$1" 2>/dev/null) || return 0
  case $target in */*) [ "${target%/*}" != "$bin_dir" ] ;; *) false ;; esac
}

# Whether an installed Python package has a file in 'bin', as after `pip install --user` in ~/.local.
is_of_pip() { # file
  for record in "$root"/lib*/python*/*-packages/idhooks-*.dist-info/RECORD \
    "$root"/Lib/*-packages/idhooks-*.dist-info/RECORD; do
    if grep -q "/bin/${1##*/}," "$record" 2>/dev/null; then return 0; fi
  done
  return 1
}

# Whether a file was put in its place by another, whatever it says that it is. Sets `owned` to why, and `by_hand`
# to how to remove it. idhooks is no script, but a script may call it.
is_anothers() { # file
  if leads_out "$1"; then
    owned="it is a link to '$target'"
    by_hand='remove it with the package manager that made it, such as: uv tool uninstall idhooks'
  elif [ -d "$1" ]; then
    owned='it is a directory'
    by_hand="if you do not need it, remove it yourself: rm -r $(word "$1")"
  elif is_of_pip "$1"; then
    owned='it belongs to a Python package'
    by_hand='remove it with: pip uninstall idhooks'
  else
    case $(od -A n -t x1 -N 2 "$1" 2>/dev/null | tr -d ' \n') in 2321) ;; *) return 1 ;; esac
    owned='it is a script'
    by_hand="if you do not need it, remove it yourself: rm $(word "$1")"
  fi
}

# Refuses to replace a file of another.
check_place() { # file
  if is_there "$1" && is_anothers "$1"; then
    refuse "'$1' cannot be replaced: $owned" "$by_hand; or install elsewhere with CARGO_INSTALL_ROOT"
  fi
}

# Whether a file is our git-idhooks: a link to the program beside it, or a copy of it.
is_our_command() {
  [ "$(readlink "$1" 2>/dev/null)" = idhooks ] || {
    ! is_anothers "$1" && case $("$1" --version 2>/dev/null) in 'idhooks '*) true ;; *) false ;; esac
  }
}

# Puts a file in its place; fails where that cannot be written.
put() { # file, place
  if is_there "$2" && ! is_ours "$2"; then
    warn "'$2' is left as it is: idhooks did not write it"
    return 0
  fi
  unfinished=$2.new-$$
  if mkdir -p "${2%/*}" 2>/dev/null && cp "$1" "$unfinished" 2>/dev/null && mv -f "$unfinished" "$2" 2>/dev/null; then
    unfinished=
    return 0
  fi
  rm -f "$unfinished" 2>/dev/null || :
  unfinished=
  return 1
}

# Archives have what the program prints, too.
print_completions() { # shell
  if [ -n "$folder" ]; then cat "$folder/completions/$1"; else "$idhooks" completions "$1"; fi
}

write_pages() { # directory
  if [ -n "$folder" ]; then cp "$folder"/man/man1/*.1 "$1"; else "$idhooks" -q man --output "$1"; fi
}

put_completions() { # shell, directory, name
  if ! print_completions "$1" >"$scratch/$1" 2>/dev/null || ! [ -s "$scratch/$1" ]; then
    warn "no completions for $1 came with the program"
  elif ! is_ours "$scratch/$1"; then
    warn "the completions for $1 are left out: idhooks did not write them"
  elif put "$scratch/$1" "$2/$3"; then
    say "completions for $1: '$2/$3'"
  else
    warn "cannot write '$2/$3': no completions for $1"
  fi
}

put_pages() {
  written=0
  full="cannot write to '$scratch': no manual pages"
  if ! mkdir "$scratch/man1" 2>/dev/null; then
    warn "$full"
    return 0
  fi
  if ! write_pages "$scratch/man1" 2>/dev/null; then
    if rmdir "$scratch/man1" 2>/dev/null; then full='no manual pages came with the program'; fi
    warn "$full"
    return 0
  fi
  for new_page in "$scratch"/man1/*.1; do
    is_ours "$new_page" || continue
    # Pages of commands that are no longer there go, too.
    [ "$written" = 1 ] || remove_pages
    if put "$new_page" "$man_dir/${new_page##*/}"; then
      written=1
    elif [ "$written" = 0 ]; then
      warn "cannot write to '$man_dir': no manual pages"
      return 0
    else
      warn "cannot write to '$man_dir': some of the manual pages are missing"
      return 0
    fi
  done
  if [ "$written" = 1 ]; then say "manual pages: '$man_dir'"; else warn 'no manual pages came with the program'; fi
}

# Puts what belongs to the program in its places. Without it the program works, so that nothing
# here fails the installation.
put_extras() {
  if ! make_scratch; then
    warn 'cannot make a temporary directory: no completions, no manual pages'
    return 0
  fi
  put_completions bash "$bash_dir" idhooks
  # This is the file that bash looks for when git's completion meets `git idhooks`.
  if is_ours "$scratch/bash"; then put "$scratch/bash" "$bash_dir/git-idhooks" || :; fi
  put_completions zsh "$zsh_dir" _idhooks
  put_completions fish "$fish_dir" idhooks.fish
  put_pages
  if command -v zsh >/dev/null 2>&1; then
    say 'zsh looks for them there with this in ~/.zshrc, before compinit:'
    say "  fpath+=($(word "$zsh_dir"))"
  fi
}

# Puts git-idhooks beside the program, so that git knows the command `git idhooks`.
put_command() {
  command=$bin_dir/git-idhooks$(exe)
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

# Removes what an installation that was killed has left beside a file: '<file>.new-<process>'.
remove_unfinished() { # files
  for file in "$@"; do
    process=${file##*.new-}
    case ${process%.exe} in '' | *[!0-9]*) continue ;; esac
    if ! [ -f "$file" ] || [ -L "$file" ]; then continue; fi
    # A copy that has just begun is empty, and the program has no mark of its own.
    case $file in
      "$idhooks".new-*) remove "$file" ;;
      *) if is_ours "$file" || ! [ -s "$file" ]; then remove "$file"; fi ;;
    esac
  done
}

warn_of_clones() {
  warn 'clones with idhooks installed need the program. Without it, in every clone with a registry,'
  cat >&2 <<WARNING || :
  git commit stops with an error, git merge merges the registry as plain text, and timers of
  'idhooks schedule' fail.
There is no list of such clones. Before you remove the program, run in each of them:
  $(word "$idhooks") -C <clone> schedule remove     (if it has timers)
  $(word "$idhooks") -C <clone> uninstall
To find the clones below your home directory:
  find ~ -name pre-commit -type f -exec grep -l '>>> idhooks' {} + 2>/dev/null
To commit in a clone that was left out: IDHOOKS=0 git commit ..., or install idhooks again.
WARNING
}

# Whether a file is a program that says that it is idhooks. Sets `answer` to what it says, or to "failed" if it
# does not run, and `begin` to how the file begins.
says_idhooks() { # file
  answer=failed
  suits_system "$1" 2>/dev/null || return 1
  # Nor must the beginning of a program be tried, which some shells take for a script, too.
  case $begin in
    2321*) ;;
    *) [ -n "$(od -A n -t x1 -j 4095 -N 1 "$1" 2>/dev/null)" ] || return 1 ;;
  esac
  if answer=$("$1" --version 2>/dev/null </dev/null); then
    answer=${answer:-nothing}
  else
    answer=${answer:-failed}
  fi
  case $answer in 'idhooks '[0-9]*) ;; *) false ;; esac
}

# Whether an idhooks was installed here: cargo keeps a list of what it has installed, and this script has put
# pages and a link beside the program.
was_installed() {
  grep -q '^"idhooks ' "$root/.crates.toml" 2>/dev/null || is_ours "$man_dir/idhooks.1" ||
    [ "$(readlink "$bin_dir/git-idhooks" 2>/dev/null)" = idhooks ]
}

# Whether a file is the program that cargo or this script has put there. The program has no mark of its own, so it
# is asked, unless another has put it there. An idhooks that is cut off or was built for another system cannot
# answer: a file that does not run counts as ours if an idhooks was installed here. A program that runs and says
# something else is not ours, whatever was installed here before it.
is_our_program() { # file
  if is_anothers "$1"; then return 1; fi
  if says_idhooks "$1"; then return 0; fi
  [ "$answer" = failed ] || return 1
  case $begin in
    # Empty, zeros after a crash, or a program of Linux, macOS or Windows.
    '' | 00000000* | 7f454c46* | cffaedfe* | cafebabe* | 4d5a*) was_installed ;;
    *) false ;;
  esac
}

# Says why a program stays, and how to remove it.
leave_program() { # file
  if ! is_anothers "$1"; then
    owned='it is another program, or does not run'
    by_hand="if you do not need it, remove it yourself: rm $(word "$1")"
  fi
  warn "'$1' is left as it is: $owned"
  printf 'hint: %s\n' "$by_hand" >&2 || exec 2>/dev/null
}

# Takes away what this script has installed.
uninstall() {
  program=$idhooks$(exe)
  found=0
  # Before the pages go, which show that it is ours.
  if is_there "$program" && is_our_program "$program"; then found=1; fi
  if [ -n "$repository" ]; then
    { is_there "$program" && says_idhooks "$program"; } ||
      usage_error "no idhooks in '$bin_dir' to uninstall with; ./install.sh installs it"
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
  remove_unfinished "$bash_dir"/idhooks.new-* "$bash_dir"/git-idhooks.new-* "$zsh_dir"/_idhooks.new-* \
    "$fish_dir"/idhooks.fish.new-* "$man_dir"/idhooks*.1.new-* "$man_dir"/git-idhooks.1.new-* "$idhooks".new-*
  for command in "$bin_dir/git-idhooks" "$bin_dir/git-idhooks.exe"; do
    if is_there "$command" && is_our_command "$command"; then remove "$command"; fi
  done
  # Directories that are empty now; the others stay.
  for dir in "$bash_dir" "${bash_dir%/*}" "$zsh_dir" "${zsh_dir%/*}" "$fish_dir" "${fish_dir%/*}" \
    "$man_dir" "${man_dir%/*}" "$root/share"; do
    rmdir "$dir" 2>/dev/null || :
  done
  if [ "$found" = 0 ] && is_there "$program"; then
    leave_program "$program"
    exit 1
  fi
  # So that cargo, too, knows that it is gone. It removes whatever has the name.
  if command -v cargo >/dev/null 2>&1; then
    cargo uninstall --root "$root" idhooks >/dev/null 2>&1 || :
  fi
  remove "$program"
  if is_there "$program"; then exit 1; fi
  if [ "$found" = 1 ]; then
    say "uninstalled idhooks from '$bin_dir', with its completions and manual pages"
  else
    say "no idhooks in '$bin_dir'; its completions and manual pages are removed"
  fi
}

# Downloads the archive to `file`, or sets `why` to what curl says. Its own --retry is for time limits and for
# some answers of servers, not for connections that break.
fetch_by_curl() {
  for _ in 1 2 3 4; do
    why=$(curl --fail --silent --show-error --location --retry 3 --connect-timeout 30 \
      --speed-limit 1 --speed-time "$STALLED" --output "$file" -- "$archive" 2>&1) && return
    case $? in 18 | 52 | 55 | 56) ;; *) return 1 ;; esac
  done
  return 1
}

# Sets `file` to a copy of the archive, which nobody else changes between the checks.
fetch() {
  file=$scratch/archive
  case $archive in
    http://* | https://*)
      if has curl; then
        fetch_by_curl
      else
        case $(wget --version 2>/dev/null || :) in
          *'GNU Wget'*) why=$(wget --timeout="$STALLED" --tries=4 -O "$file" -- "$archive" 2>&1) ;;
          # busybox has a limit of its own, and some versions of it crash if they are given another.
          *) why=$(wget -O "$file" -- "$archive" 2>&1) ;;
        esac
      fi || refuse "cannot download '$archive': $(reason "$why" 'the transfer failed')" \
        'check the address and the connection, and that there is room for the archive'
      ;;
    *)
      given=$(absolute "${archive#file://}")
      [ -f "$given" ] || refuse "'$archive' is not a file" './install.sh --help'
      if ! why=$(cp "$given" "$file" 2>&1); then
        unreadable=$(cat "$given" 2>&1 >/dev/null) ||
          refuse "cannot read '$archive': $(reason "$unreadable" 'it failed')" 'make it readable, or download it again'
        refuse "cannot copy '$archive': $(reason "$why" 'cp failed')" 'make room, or set TMPDIR to another directory'
      fi
      ;;
  esac
}

print_sha256() { # file
  if has sha256sum; then
    sha256sum <"$1"
  elif has shasum; then
    shasum -a 256 <"$1"
  else
    openssl dgst -sha256 -r <"$1"
  fi | cut -d ' ' -f 1
}

# Writes the names in the archive, and lines that begin with the kind of each entry, as `ls -l` has them.
# It is read from standard input, since tar takes 'D:' at the beginning of a path for a machine. Sets `notes` to
# what tar says besides.
list_archive() {
  notes=
  if [ "$is_zip" = 1 ]; then
    unzip -Z1 "$file" >"$scratch/names" && unzip -Z "$file" >"$scratch/kinds" && unzip -tq "$file" >/dev/null
  else
    notes=$(LC_ALL=C tar -tzf - <"$file" 2>&1 >"$scratch/names") && tar -tvzf - <"$file" >"$scratch/kinds"
  fi 2>/dev/null
}

# Refuses archives that could write anywhere but in the directory where they are unpacked, and those that do
# not have exactly one program; sets `program` to its name.
check_entries() {
  wrong="no archive of a release looks like this: do not install it"
  neither='has an entry that is neither a file nor a directory'
  programs=0
  while IFS= read -r name; do
    case $name in
      /* | .. | ../* | */.. | */../*) refuse "'$archive' has an entry outside of its folder: '$name'" "$wrong" ;;
      '' | *[!A-Za-z0-9._/+-]*) refuse "'$archive' has an entry with an unusual name: '$name'" "$wrong" ;;
      completions/* | */completions/* | man/* | */man/*) ;;
      idhooks | */idhooks | idhooks.exe | */idhooks.exe)
        programs=$((programs + 1))
        program=$name
        ;;
    esac
  done <"$scratch/names"
  while IFS= read -r line; do
    case $is_zip:$line in
      0:*' -> '* | 0:*' link to '* | 1:l*) ;;
      0:[-d]* | 1:*) continue ;;
    esac
    refuse "'$archive' $neither" "$wrong"
  done <"$scratch/kinds"
  # busybox lists names without the '/' or '../' before them, and says only that it took such a beginning away.
  case $notes in
    *'emoving leading '*) refuse "'$archive' has an entry outside of its folder" "$wrong" ;;
  esac
  twice=$(sort "$scratch/names" | uniq -d)
  [ -z "$twice" ] || refuse "'$archive' has two entries with one name" "$wrong"
  case $programs in
    0) refuse "'$archive' has no program 'idhooks'" 'archives with the program are named idhooks-<version>-<target>' ;;
    1) ;;
    *) refuse "'$archive' has $programs programs with the name 'idhooks'" "$wrong" ;;
  esac
}

# Refuses what the list does not show: unzip lists links as files if the archive names certain systems.
check_unpacked() {
  while IFS= read -r name; do
    entry=$scratch/unpacked/${name%/}
    if ! [ -L "$entry" ] && { [ -f "$entry" ] || [ -d "$entry" ]; }; then continue; fi
    refuse "'$archive' $neither" "$wrong"
  done <"$scratch/names"
}

write_entries() {
  # The messages are recognized below.
  LC_ALL=C
  export LC_ALL
  mkdir "$scratch/unpacked" || return
  if [ "$is_zip" = 1 ]; then
    unzip -q "$file" -d "$scratch/unpacked"
  else
    (cd "$scratch/unpacked" && tar -xzf -) <"$file"
  fi
}

# Sets `program` to the program, unpacked, and `folder` to where its manual pages and completions are.
unpack() {
  case $(dd if="$file" bs=2 count=1 2>/dev/null) in PK) is_zip=1 ;; *) is_zip=0 ;; esac
  check_unpacker "$is_zip"
  if [ "$lacking" = 1 ]; then exit 2; fi
  list_archive || refuse "cannot list '$archive': it is cut short or not an archive, or '$scratch' is full" \
    'download it again, and make sure that there is room for it'
  check_entries
  # Of what tar writes, the first line says why, and the last one only that it failed.
  if ! why=$(write_entries 2>&1); then
    case $why in
      *'No space left'* | *'disk full'* | *quota* | *Read-only* | *denied* | *'too large'*)
        advice='make room there, or set TMPDIR to another directory'
        ;;
      *) advice='download it again, and compare --sha256 with the SHA256SUMS of the release' ;;
    esac
    refuse "cannot unpack '$archive' in '$scratch': $(reason "${why%%"$newline"*}" 'it failed')" "$advice"
  fi
  check_unpacked
  program=$scratch/unpacked/$program
  folder=${program%/*}
}

# Whether this system can run a program, from how it begins. A program for another one must not be tried: many
# shells take what the system does not know for a script, and run it line by line.
suits_system() { # program
  begin=$(od -A n -t x1 -N 20 "$1" | tr -d ' \n')
  case $(uname -s 2>/dev/null || echo unknown):$begin in
    *:2321*) ;;
    Linux:7f454c46*)
      case $(uname -m):$begin in
        x86_64:*3e00 | aarch64:*b700) ;;
        x86_64:* | aarch64:*) return 1 ;;
      esac
      ;;
    Darwin:cffaedfe* | Darwin:cafebabe*) ;;
    MINGW*:4d5a* | MSYS*:4d5a* | CYGWIN*:4d5a*) ;;
    Linux:* | Darwin:* | MINGW*:* | MSYS*:* | CYGWIN*:*) return 1 ;;
  esac
}

stage_program() { mkdir -p "$bin_dir" && cp "$program" "$staged" && chmod 755 "$staged"; }

# Puts the program beside the old one, tries it there, and only then replaces the old one, at once.
replace_program() {
  new=$idhooks
  suffix=.new-$$
  case $program in
    *.exe)
      new=$idhooks.exe
      suffix=$suffix.exe
      ;;
  esac
  check_place "$new"
  if is_there "$new" && ! is_our_command "$new"; then
    refuse "'$new' is another program, or does not run" 'remove it, or install elsewhere with CARGO_INSTALL_ROOT'
  fi
  system="$(uname -s 2>/dev/null || echo unknown) $(uname -m 2>/dev/null || :)"
  choose='choose the archive for this system; its target is in its name'
  suits_system "$program" || refuse "the program in '$archive' is not for this system ($system)" "$choose"
  dir=$bin_dir
  while [ -n "$dir" ] && ! is_there "$dir"; do
    first_new=$dir
    case $dir in */*) dir=${dir%/*} ;; *) break ;; esac
  done
  staged=$idhooks$suffix
  why=$(stage_program 2>&1) || refuse "cannot write to '$bin_dir': $(reason "$why" 'it failed')" \
    'make it writable, make room, or install elsewhere with CARGO_INSTALL_ROOT'
  case $("$staged" --version 2>/dev/null || :) in
    'idhooks '*) ;;
    *)
      # The shell says why it cannot start a program.
      why=$( (LC_ALL=C && export LC_ALL && "$staged" --version) 2>&1) || :
      case $why in
        *"$staged: Permission denied"* | *"$staged: Operation not permitted"*)
          refuse "this system lets no program run in '$bin_dir': $(reason "$why" '')" \
            'mount it without noexec, or install elsewhere with CARGO_INSTALL_ROOT'
          ;;
      esac
      refuse "the program in '$archive' does not run on this system ($system)" "$choose"
      ;;
  esac
  why=$(mv -f "$staged" "$new" 2>&1) || refuse "cannot replace '$new': $(reason "$why" 'mv failed')" \
    'end what uses it, or make its directory writable'
  staged=
}

install_archive() {
  make_scratch || refuse 'cannot make a temporary directory' 'make room, or set TMPDIR to another directory'
  fetch
  sum=$(print_sha256 "$file")
  [ "$sum" = "$sha256" ] || refuse "'$archive' has another SHA-256: ${sum:-none}" \
    'download it again, and compare --sha256 with the SHA256SUMS of the release'
  unpack
  replace_program
}

install_source() {
  flags=$(static_flags)
  (
    IFS='
'
    set -f
    # shellcheck disable=SC2086 # a word per line
    cd "$source_dir" && cargo install --path . --locked --root "$root" $flags
  )
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
archive=
sha256=
folder= # of an archive, unpacked
while [ $# -gt 0 ]; do
  case $1 in
    -h | --help)
      usage
      exit 0
      ;;
    --demo) demo=1 ;;
    --uninstall) uninstall=1 ;;
    --archive | --sha256)
      [ $# -gt 1 ] && [ -n "$2" ] || usage_error "$1 has no value"
      case $1 in --archive) archive=$2 ;; *) sha256=$2 ;; esac
      shift
      ;;
    --archive= | --sha256=) usage_error "${1%=} has no value" ;;
    --archive=*) archive=${1#*=} ;;
    --sha256=*) sha256=${1#*=} ;;
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
if [ "$uninstall" = 1 ] && [ -n "$archive$sha256" ]; then
  usage_error '--archive and --uninstall exclude each other'
fi
sums='the SHA-256 of each archive is in the file SHA256SUMS of its release'
case ${archive:+archive}:$sha256 in
  :) ;;
  :*) usage_error '--sha256 needs --archive' ;;
  archive:) refuse '--archive needs --sha256' "$sums" ;;
esac
if [ -n "$sha256" ]; then
  case ${#sha256}:$sha256 in
    64:*[!0-9A-Fa-f]*) refuse "'$sha256' is not a SHA-256: it has other digits than hexadecimal ones" "$sums" ;;
    64:*) sha256=$(printf '%s' "$sha256" | tr A-F a-f) ;;
    *) refuse "'$sha256' is not a SHA-256: it does not have 64 digits" "$sums" ;;
  esac
fi
case $archive in
  [Hh][Tt][Tt][Pp]://*) archive=http://${archive#*://} ;;
  [Hh][Tt][Tt][Pp][Ss]://*) archive=https://${archive#*://} ;;
  file:///*) ;;
  *://*) usage_error "cannot download '$archive': it is neither http:// nor https://" ;;
esac

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

# Before a build or a download, too.
check_place "$idhooks$(exe)"
trap clean_up EXIT
trap 'exit 130' INT TERM HUP
if [ -n "$archive" ]; then install_archive; else install_source; fi
say "installed: $("$idhooks" --version) in '$bin_dir'"
put_command
put_extras
look_at_path
if [ -n "$repository" ]; then set_up "$repository"; fi
if [ "$demo" = 1 ]; then "$idhooks" demo; fi
if [ -z "$repository" ]; then
  say 'next, in a repository of yours:'
  say "  $(word "$idhooks") init && $(word "$idhooks") install"
fi
