# bash completion for muster: source <(muster completion bash)
_muster() {
    local muster=${COMP_WORDS[0]/#\~/$HOME} answer=()
    type -P -- "$muster" >/dev/null || muster=muster
    mapfile -t answer < <("$muster" __bash "$COMP_TYPE" "$COMP_WORDBREAKS" "${COMP_LINE:0:COMP_POINT}" 2>/dev/null)
    COMPREPLY=()
    local last=$((${#answer[@]} - 1))
    ((last >= 0)) || return
    local directive=${answer[last]#:}
    if [[ $directive == exec* ]]; then
        _muster_exec "${directive#exec }"
        return
    fi
    COMPREPLY=("${answer[@]:0:last}")
    if ((directive & 2)); then compopt -o nospace; fi
    if ((directive & 4)); then compopt +o default +o bashdefault; fi
}
# What follows the first $1 characters is another command line.
_muster_exec() {
    local first=0 left=$COMP_LINE rest=${COMP_LINE:$1}
    while ((first < COMP_CWORD && ${#left} > ${#rest})); do
        left=${left#*"${COMP_WORDS[first]}"}
        left=${left#"${left%%[! ]*}"}
        ((++first))
    done
    if declare -F _comp_command_offset >/dev/null; then
        _comp_command_offset "$first"
    elif declare -F _command_offset >/dev/null; then
        _command_offset "$first"
    elif ((first == COMP_CWORD)); then
        compopt -o filenames
        mapfile -t COMPREPLY < <(compgen -c -- "${COMP_WORDS[COMP_CWORD]}")
    fi
}
complete -o default -o nosort -F _muster muster 2>/dev/null || complete -o default -F _muster muster
