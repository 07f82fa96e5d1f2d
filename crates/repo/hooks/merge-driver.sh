# The command of a merge driver, as a single line; git replaces %O, %A, %B, %L and %P. It exits with
# 0 or 1 only: older versions of git would accept an incomplete file if the code exceeded 128.
@PROGRAM@;
idhooks_run() { "$1" @COMMAND@ %O %A %B %L %P; };
if [ -x "$idhooks_path" ]; then idhooks_run "$idhooks_path"; r=$?; else r=127; fi;
# After any other failure the driver has refused to merge, so the files must not be merged as text.
case $r in 0) exit 0 ;; 126 | 127) ;; *) exit 1 ;; esac;
@FIND@
if [ -n "$idhooks_bin" ]; then
  IDHOOKS_FALLBACK_FOR=$idhooks_path;
  export IDHOOKS_FALLBACK_FOR;
  if idhooks_run "$idhooks_bin"; then exit 0; else exit 1; fi;
fi;
# Without a merge, git would keep *ours* without any marker, and the next `git add` would lose theirs.
if [ -n "$idhooks_old" ]; then
  printf 'idhooks: %s; to install it: %s; then merge again\n' "$idhooks_why" "$idhooks_get" >&2;
  # Without a base, all differences become conflicts.
  : >%O;
  git merge-file --marker-size=%L %A %O %B;
  exit 1;
fi;
printf 'idhooks: %s: merging as text; to install it: %s\n' "$idhooks_why" "$idhooks_get" >&2;
git merge-file --marker-size=%L %A %O %B || exit 1
