# fish completion for muster: muster completion fish | source
function __muster_complete
    set -l words (commandline -opc) (commandline -ct)
    $words[1] __complete -- $words[2..] 2>/dev/null
end
complete -c muster -f -a '(__muster_complete)'
