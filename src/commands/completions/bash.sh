# Written by 'idhooks completions bash'.
_idhooks_ask() { # index of the word under the cursor, words
    local index=$1 line
    shift
    COMPREPLY=()
    while IFS= read -r line; do
        COMPREPLY+=("$line")
    done < <(IDHOOKS_COMPLETE=bash _CLAP_COMPLETE_INDEX=$index @PROGRAM@ -- "$@" 2>/dev/null)
    # Readline then quotes what a shell would not read as a plain word.
    compopt -o filenames 2>/dev/null
    # Git's own completion leaves the space out.
    if [[ ${COMPREPLY-} == *[=/] ]]; then compopt -o nospace; else compopt +o nospace; fi 2>/dev/null
}
_idhooks() {
    local words=("${COMP_WORDS[@]}")
    # Only up to the cursor.
    if [[ ${BASH_VERSINFO[0]} -ge 4 ]]; then words[COMP_CWORD]=$2; fi
    _idhooks_ask "$COMP_CWORD" "${words[@]}"
}
_git_idhooks() { # called by git's own completion
    local first=1
    while [[ $first -lt $COMP_CWORD && ${COMP_WORDS[first]} != idhooks ]]; do first=$((first + 1)); done
    _idhooks_ask $((COMP_CWORD - first)) "${COMP_WORDS[@]:first}"
}
if [[ ${BASH_VERSINFO[0]} -eq 4 && ${BASH_VERSINFO[1]} -ge 4 || ${BASH_VERSINFO[0]} -gt 4 ]]; then
    complete -o nosort -F _idhooks idhooks
else
    complete -F _idhooks idhooks
fi
