# fish completion for muster: muster completion fish | source
function __muster_complete
    set -l words (commandline -opc)
    set -l token (commandline -ct)
    set -l muster (string replace -r '^~(?=/)' $HOME -- $words[1])
    type -q -- $muster; or set muster muster
    set -l answer ($muster __fish $words[2..] $token 2>/dev/null)
    set -q answer[1]; or return
    set -q answer[2]; and printf '%s\n' $answer[1..-2]
    switch $answer[-1]
        case :0 :2
            complete -C "'' $token"
        case ':exec *'
            # The last words, this one included, are another command line.
            set -l theirs (string replace ':exec ' '' -- $answer[-1])
            set -e words[1..(math 1 + (count $words) - $theirs)]
            complete -C (string join ' ' -- (string escape -- $words) "$token")
    end
end
complete -c muster -f -k -a '(__muster_complete)'
