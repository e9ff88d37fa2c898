#compdef muster
# zsh completion for muster: source <(muster completion zsh)
_muster() {
    local line text muster=${(Q)words[1]/#\~/$HOME} word=${words[CURRENT]} before
    local -a answer values shown open openshown raw
    (( $+commands[$muster] )) || [[ -x $muster ]] || muster=muster
    answer=("${(@f)$("$muster" __zsh "${(@)words[2,CURRENT-1]}" "$PREFIX" 2>/dev/null)}")
    # zsh would turn a quote that opens within the word into backslashes: keep it.
    before=${word%%[\'\"]*}
    [[ -z $QIPREFIX$SUFFIX && $word == *[\'\"]* && $word != *[\'\"]*[\'\"]* ]] && raw=(-U -Q)
    for line in "${(@)answer[1,-2]}"; do
        text=${line%%$'\t'*}
        [[ $line == *$'\t'* ]] && line="$text -- ${line#*$'\t'}"
        (( $#raw )) && text=$before${word[$#before+1]}${text#$before}
        if (( ${answer[-1]#:} & 2 )) || [[ $text == *[=/] ]]; then
            open+=("$text") openshown+=("$line")
        else
            values+=("$text") shown+=("$line")
        fi
    done
    (( $#open )) && compadd $raw -S '' -l -d openshown -a open
    (( $#values )) && compadd $raw -l -d shown -a values
    case ${answer[-1]} in
        :[02]) _files ;;
        :exec*) # the last words, this one included, are another command line
            shift $(( CURRENT - ${answer[-1]#:exec } )) words
            CURRENT=${answer[-1]#:exec }
            _normal
            ;;
    esac
}
if [[ $funcstack[1] == _muster ]]; then _muster "$@"; else compdef _muster muster; fi
