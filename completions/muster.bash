# bash completion for muster: source <(muster completion bash)
_muster() {
    local line words=() current=${COMP_WORDS[COMP_CWORD]}
    words=("${COMP_WORDS[@]:1:COMP_CWORD}")
    COMPREPLY=()
    while IFS= read -r line; do
        line=${line%%$'\t'*}
        # What stands before = or a colon is a word of its own to bash.
        if [[ ${COMP_WORDS[COMP_CWORD - 1]} == = || $current == = ]]; then
            line=${line#--*=}
        fi
        [[ $line == *[!A-Za-z0-9_./:=@,+%-]* ]] && printf -v line '%q' "$line"
        COMPREPLY+=("$line")
    done < <("${COMP_WORDS[0]}" __complete -- "${words[@]}" 2>/dev/null)
    if [[ ${#COMPREPLY[@]} -eq 1 && ${COMPREPLY[0]} == *= ]]; then
        compopt -o nospace
    fi
}
complete -o default -F _muster muster
