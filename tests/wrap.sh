# shellcheck shell=sh
# How the linker is told to redirect a call. On 32 bits its names of Windows' calls
# end in the size of their arguments, WSARecv@28. To be sourced.

# wrap_names COMPILER: prints those names; nothing for 64 bits.
wrap_names() {
    case $1 in
    i686-*)
        for library in ws2_32 kernel32; do
            "${1%gcc}nm" "$($1 -print-file-name=lib$library.a)" 2>/dev/null
        done | sed -n 's/.* T _\([A-Za-z]*@[0-9]*\)$/\1/p'
        ;;
    esac
}

# wrap_options NAMES CALL...: the linker's options for these calls. _NAME is one of
# the C library's that its header has called by the pointer in the import table.
wrap_options() {
    names=$1
    shift
    for call; do
        case ${names:+32}$call in
        32_*) call=_imp__$call ;;
        _*) call=__imp_$call ;;
        esac
        printf ' -Wl,--wrap=%s' "$(printf '%s\n' "$names" | grep "^$call@" || echo "$call")"
    done
}
