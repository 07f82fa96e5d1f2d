# The command of a merge driver, as a single line; git replaces %O, %A, %B, %L and %P. It exits with
# 0 or 1 only: older versions of git would accept an incomplete file if the code exceeded 128.
@PROGRAM@;
@FIND@
# A shell that cannot start a program names itself in the message, and this one is named like this line.
idhooks_merge() { sh -c 'exec "$@"' idhooks "$1" @COMMAND@ %O %A %B %L %P; };
# Without a merge, git would keep *ours* without any marker, and the next `git add` would lose theirs.
idhooks_text() { git merge-file --marker-size=%L -L ours -L base -L theirs %A %O %B; };
idhooks_conflict() {
  printf 'idhooks: %s; %s: idhooks resolve\n' "$idhooks_why" "$1" >&2;
  # Without a base, all differences become conflicts.
  : >%O;
  idhooks_text;
  exit 1;
};
idhooks_end() {
  case $2 in
    0) exit 0 ;;
    # The program has left the markers.
    1) exit 1 ;;
    126 | 127) return 0 ;;
  esac;
  idhooks_why="'$1' stopped in the middle of a merge (exit code $2)";
  idhooks_conflict 'to merge again';
};
if idhooks_is_program "$idhooks_path"; then idhooks_merge "$idhooks_path"; idhooks_end "$idhooks_path" $?; fi;
idhooks_find;
if [ -n "$idhooks_bin" ]; then
  IDHOOKS_FALLBACK_FOR=$idhooks_path;
  export IDHOOKS_FALLBACK_FOR;
  idhooks_merge "$idhooks_bin";
  idhooks_end "$idhooks_bin" $?;
  idhooks_unfit="'$idhooks_bin' cannot be run" idhooks_why=$idhooks_unfit;
fi;
if [ -n "$idhooks_unfit" ]; then idhooks_conflict "to install it: $idhooks_get; then run"; fi;
printf 'idhooks: %s: merging as text; to install it: %s; then run: idhooks install\n' "$idhooks_why" "$idhooks_get" >&2;
idhooks_text && exit 0;
printf 'idhooks: the registry has conflicts; once idhooks is installed, run: idhooks resolve\n' >&2;
exit 1
