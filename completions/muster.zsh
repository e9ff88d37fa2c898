#compdef muster
# zsh completion for muster: source <(muster completion zsh)
_muster() {
    local line text
    local -a values shown
    while IFS= read -r line; do
        text=${line%%$'\t'*}
        values+=("$text")
        [[ $line == *$'\t'* ]] && shown+=("$text -- ${line#*$'\t'}") || shown+=("$text")
    done < <("${words[1]}" __complete -- "${(@)words[2,CURRENT]}" 2>/dev/null)
    if (( ${#values} )); then
        compadd -l -d shown -a values
    else
        _files
    fi
}
if [[ $funcstack[1] == _muster ]]; then
    _muster "$@"
else
    compdef _muster muster
fi
