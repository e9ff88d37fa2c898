# fish completion for muster: muster completion fish | source
function __muster_complete
    set -l words (commandline -opc)
    set -l answer ($words[1] __fish $words[2..] (commandline -ct) 2>/dev/null)
    set -q answer[1]; or return
    printf '%s\n' $answer[1..-2]
    switch $answer[-1]
        case :0 :2
            __fish_complete_path (commandline -ct)
    end
end
complete -c muster -f -k -a '(__muster_complete)'
