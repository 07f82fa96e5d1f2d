# Defines two functions. idhooks_is_program says whether a file may be run; a shell would run an empty
# one without an error. idhooks_find searches for an idhooks to run in place of idhooks_path: the first
# on PATH whose version is at least idhooks_version; a suffix such as '-rc.1' does not count. It sets
# idhooks_bin to its path, or else idhooks_why to the reason, and idhooks_unfit to the fault of the first
# candidate if there is one. The command of the merge driver contains these lines as a single line, so they
# end as they would there.
idhooks_is_program() { [ -f "$1" ] && [ -x "$1" ] && [ -s "$1" ]; };
idhooks_find() {
  idhooks_bin= idhooks_unfit=;
  idhooks_dirs=${PATH:-}:;
  while [ -n "$idhooks_dirs" ]; do
    idhooks_dir=${idhooks_dirs%%:*};
    idhooks_dirs=${idhooks_dirs#*:};
    # A relative directory on PATH may be part of the repository.
    case $idhooks_dir in /*) ;; *) continue ;; esac;
    idhooks_try=${idhooks_dir%/}/idhooks;
    if [ "$idhooks_try" = "$idhooks_path" ]; then continue; fi;
    idhooks_is_program "$idhooks_try" || continue;
    # A program that does not end is not waited for, nor one that it has started and that keeps the pipe.
    idhooks_is=$({
      "$idhooks_try" --version & idhooks_pid=$!;
      { sleep 10; kill -9 "$idhooks_pid"; } >/dev/null & idhooks_limit=$!;
      wait "$idhooks_pid" || echo;
      kill "$idhooks_limit";
    } </dev/null 2>/dev/null | { IFS= read -r idhooks_is; printf %s "$idhooks_is"; });
    # Other programs have this name, too.
    case $idhooks_is in "idhooks "*) idhooks_is=${idhooks_is#idhooks } ;; *) idhooks_is= ;; esac;
    idhooks_is=${idhooks_is%%[!0-9.]*};
    case $idhooks_is in
      *.*.*.* | *[0-9][0-9][0-9][0-9][0-9][0-9][0-9][0-9][0-9][0-9]*) idhooks_is= ;;
      [0-9]*.[0-9]*.[0-9]*) ;;
      *) idhooks_is= ;;
    esac;
    if [ -z "$idhooks_is" ]; then
      idhooks_unfit=${idhooks_unfit:-"'$idhooks_try' does not say which version of idhooks it is"};
      continue;
    fi;
    if (
      IFS=.;
      set -- $idhooks_is $idhooks_version;
      [ "$1" -gt "$4" ] || { [ "$1" -eq "$4" ] && { [ "$2" -gt "$5" ] || { [ "$2" -eq "$5" ] && [ "$3" -ge "$6" ]; }; }; };
    ); then idhooks_bin=$idhooks_try; return 0; fi;
    idhooks_unfit=${idhooks_unfit:-"'$idhooks_try' is version $idhooks_is, older than $idhooks_version"};
  done;
  if [ -e "$idhooks_path" ]; then idhooks_why='cannot be run'; else idhooks_why='no longer exists'; fi;
  idhooks_why="'$idhooks_path' $idhooks_why, and ${idhooks_unfit:-no other idhooks was found}";
};
