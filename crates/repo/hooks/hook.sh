#!/bin/sh
# >>> idhooks v1 new-file >>>
# Runs idhooks. `idhooks install` writes the lines between these marks, `idhooks uninstall`
# removes them. IDHOOKS=0 in the environment skips idhooks, but not the hook that was here before.
idhooks_event=@EVENT@
if [ "${IDHOOKS_GUARD:-}" = "$idhooks_event $PPID" ]; then
  # The other branch called this file: the rest of it is the hook that was here before.
  unset IDHOOKS_GUARD
else
  case $0 in */*) idhooks_self=$0 ;; *) idhooks_self=./$0 ;; esac
  idhooks_first=${idhooks_self%/*}/$idhooks_event.before-idhooks
  idhooks_code=0
  if [ "$idhooks_first" = "$idhooks_self" ] || { [ -f "$idhooks_first" ] && [ -x "$idhooks_first" ]; }; then
    IDHOOKS_GUARD="$idhooks_event $$" "$idhooks_first" "$@" || idhooks_code=$?
  fi
  # If the earlier hook fails, pre-commit stops. Git only ignores or reports the exit code of a
  # post- hook, so there idhooks still runs, and the code is passed on.
  case $idhooks_event:$idhooks_code in *:0 | post-*) ;; *) exit "$idhooks_code" ;; esac
  if [ "${IDHOOKS:-}" = 0 ]; then exit "$idhooks_code"; fi

  # The absolute path comes first: graphical programs start git with another PATH than a shell has.
  @PROGRAM@
  @FIND@
  # No huge pages of memory: its allocator would ask for one, which takes long to zero.
  MIMALLOC_ALLOW_THP=0
  export MIMALLOC_ALLOW_THP
  idhooks_end=127
  if idhooks_is_program "$idhooks_path"; then
    idhooks_end=0
    "$idhooks_path" hook "$idhooks_event" "$@" || idhooks_end=$?
  fi
  # If the exit code says that the program cannot be run, runs another one or says why there is none.
  case $idhooks_end in
    126 | 127)
      idhooks_find
      if [ -n "$idhooks_bin" ]; then
        idhooks_end=0 idhooks_why="'$idhooks_bin' cannot be run"
        IDHOOKS_FALLBACK_FOR=$idhooks_path "$idhooks_bin" hook "$idhooks_event" "$@" || idhooks_end=$?
      fi
      ;;
  esac
  case $idhooks_event:$idhooks_end in
    # A signal that a fault sends, or whoever is short of memory. The shell says no more than its name.
    pre-*:13[24-9])
      printf 'idhooks: %s\n' "commit stopped: '${idhooks_bin:-$idhooks_path}' ended with exit code $idhooks_end" \
        "if it does so again, install it again: $idhooks_get" \
        'to skip it:    IDHOOKS=0 git commit ...   (or git commit --no-verify)' >&2
      ;;
  esac
  case $idhooks_end in
    126 | 127)
      # The program is missing. That matters only in a repository that has a registry.
      if git cat-file -e :.idhooks/registry.json 2>/dev/null ||
        git cat-file -e HEAD:.idhooks/registry.json 2>/dev/null; then
        case $idhooks_event in
          pre-*)
            printf 'idhooks: %s\n' "commit stopped: $idhooks_why" \
              "to install it: $idhooks_get; then run: idhooks install" \
              'to skip it:    IDHOOKS=0 git commit ...   (or git commit --no-verify)' >&2
            exit 1
            ;;
          *)
            printf 'idhooks: %s\n' "$idhooks_event skipped: $idhooks_why; to install it: $idhooks_get; then run: idhooks install" >&2
            ;;
        esac
      fi
      idhooks_end=0
      ;;
  esac
  # A failure in post-checkout would become the exit code of git checkout.
  case $idhooks_event in pre-*) exit "$idhooks_end" ;; esac
  exit "$idhooks_code"
fi
# <<< idhooks <<<
