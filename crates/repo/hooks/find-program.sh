# Searches for an idhooks to run if idhooks_path cannot be run: the first on PATH or in one of the
# usual directories whose version is at least idhooks_version; a suffix such as '-rc.1' does not
# count. Sets idhooks_bin to its path, or else idhooks_why to the reason. The merge driver's command
# contains these lines as a single line, so they end as they would there.
idhooks_bin= idhooks_old=;
for idhooks_try in "$(command -v idhooks)" \
  "${CARGO_INSTALL_ROOT:-}/bin/idhooks" "${CARGO_HOME:-}/bin/idhooks" \
  "${HOME:-}/.cargo/bin/idhooks" "${HOME:-}/.local/bin/idhooks" \
  /usr/local/bin/idhooks /opt/homebrew/bin/idhooks; do
  # A relative directory on PATH may be part of the repository.
  case $idhooks_try in "$idhooks_path") continue ;; /*) ;; *) continue ;; esac;
  if ! [ -f "$idhooks_try" ] || ! [ -x "$idhooks_try" ]; then continue; fi;
  idhooks_is=$("$idhooks_try" --version 2>/dev/null) || continue;
  idhooks_is=${idhooks_is#idhooks } idhooks_is=${idhooks_is%%[!0-9.]*};
  case $idhooks_is in *.*.*.*) continue ;; [0-9]*.[0-9]*.[0-9]*) ;; *) continue ;; esac;
  if (
    IFS=.;
    set -- $idhooks_is $idhooks_version;
    [ "$1" -gt "$4" ] || { [ "$1" -eq "$4" ] && { [ "$2" -gt "$5" ] || { [ "$2" -eq "$5" ] && [ "$3" -ge "$6" ]; }; }; };
  ); then idhooks_bin=$idhooks_try; break; fi;
  idhooks_old=${idhooks_old:-"'$idhooks_try' is version $idhooks_is, older than $idhooks_version"};
done;
if [ -e "$idhooks_path" ]; then idhooks_why='cannot be run'; else idhooks_why='no longer exists'; fi;
idhooks_why="'$idhooks_path' $idhooks_why, and ${idhooks_old:-no other idhooks was found}";
