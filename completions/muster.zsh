#compdef muster
# zsh completion for muster: source <(muster completion zsh)
_muster() {
    local line text muster=${(Q)words[1]/#\~/$HOME}
    local -a answer values shown open openshown
    (( $+commands[$muster] )) || [[ -x $muster ]] || muster=muster
    answer=("${(@f)$("$muster" __raw "${(@)words[2,CURRENT-1]}" "$PREFIX" 2>/dev/null)}")
    for line in "${(@)answer[1,-2]}"; do
        text=${line%%$'\t'*}
        [[ $line == *$'\t'* ]] && line="$text -- ${line#*$'\t'}"
        if (( ${answer[-1]#:} & 2 )) || [[ $text == *[=/] ]]; then
            open+=("$text") openshown+=("$line")
        else
            values+=("$text") shown+=("$line")
        fi
    done
    (( $#open )) && compadd -S '' -l -d openshown -a open
    (( $#values )) && compadd -l -d shown -a values
    (( $#answer[-1] && ! ${answer[-1]#:} & 4 )) && _files
}
if [[ $funcstack[1] == _muster ]]; then _muster "$@"; else compdef _muster muster; fi
