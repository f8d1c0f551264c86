"""The scripts that tell a shell to ask qlax how words go on."""

_BASH = """\
# Completion of qlax in bash. In ~/.bashrc:  eval "$(qlax completion bash)"
_qlax() {
    local line
    COMPREPLY=()
    while IFS= read -r line; do
        COMPREPLY+=("$line")
    done < <("$1" __complete bash "${COMP_WORDBREAKS}" "${COMP_LINE:0:COMP_POINT}" 2>/dev/null)
    if [[ ${#COMPREPLY[@]} -eq 1 && ${COMPREPLY[0]} == *[/.=] ]]; then
        type compopt &>/dev/null && compopt -o nospace
    fi
}
complete -F _qlax qlax
"""

_ZSH = """\
#compdef qlax
# Completion of qlax in zsh. In ~/.zshrc:  eval "$(qlax completion zsh)"
_qlax() {
    local line value
    local -a whole whole_shown begun begun_shown
    for line in "${(@f)$("${words[1]}" __complete zsh "${(@Q)words[2,CURRENT-1]}" \
"${(Q)PREFIX}" 2>/dev/null)}"; do
        value="${line%%$'\\t'*}"
        [[ -z "$value" ]] && continue
        if [[ "$value" == *[/.=] ]]; then
            begun+=("$value"); begun_shown+=("${line#*$'\\t'}")
        else
            whole+=("$value"); whole_shown+=("${line#*$'\\t'}")
        fi
    done
    (( $#whole )) && compadd -M 'm:{a-zA-Z}={A-Za-z}' -d whole_shown -a whole
    (( $#begun )) && compadd -M 'm:{a-zA-Z}={A-Za-z}' -S '' -d begun_shown -a begun
}
(( $+functions[compdef] )) || { autoload -Uz compinit && compinit -u }
if [[ "$funcstack[1]" == "_qlax" ]]; then
    _qlax "$@"
else
    compdef _qlax qlax
fi
"""

_FISH = """\
# Completion of qlax in fish. In ~/.config/fish/config.fish:  qlax completion fish | source
function __qlax_complete
    set -l words (commandline -opc)
    set -l program $words[1]
    set -e words[1]
    $program __complete fish $words (commandline -ct) 2>/dev/null
end
complete -c qlax -f -a '(__qlax_complete)'
"""

SCRIPTS = {"bash": _BASH, "zsh": _ZSH, "fish": _FISH}
"""The script of each shell."""
