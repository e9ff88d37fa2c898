# bash completion for muster: source <(muster completion bash)
_muster() {
    local line muster=${COMP_WORDS[0]/#\~/$HOME} answer=()
    type -P -- "$muster" >/dev/null || muster=muster
    mapfile -t answer < <("$muster" __bash "$COMP_TYPE" "$COMP_WORDBREAKS" "${COMP_LINE:0:COMP_POINT}" 2>/dev/null)
    COMPREPLY=()
    local last=$((${#answer[@]} - 1))
    ((last >= 0)) || return
    local directive=${answer[last]#:}
    COMPREPLY=("${answer[@]:0:last}")
    if ((directive & 2)); then compopt -o nospace; fi
    if ((directive & 4)); then compopt +o default +o bashdefault; fi
}
complete -o default -o nosort -F _muster muster 2>/dev/null || complete -o default -F _muster muster
