# shellcheck shell=sh
# What the exercise tools share. To be sourced, from the top of the repository.
#
# An exercise is named by its number, 3.1: the first of chapter 3. Its folder is
# chapters/03-name/exercises/1-name; a student works on it in work/3.1-name.

WORK=${WORK:-work}

# The tools take bytes as they come and speak English. (Wine is told otherwise,
# by in_wine: it must know the letters of a folder's name.)
LC_ALL=C
export LC_ALL

# How students' code is compiled. A warning is for the student's own make to
# show; but these are errors to come.
# shellcheck disable=SC2034 # for those who source this
EX_FLAGS='-std=c11 -O2 -g -Werror=implicit-function-declaration -Werror=int-conversion -Werror=incompatible-pointer-types -Werror=pointer-to-int-cast -Werror=int-to-pointer-cast'

# Runs a command that starts Wine; on Windows, as it is.
in_wine() { env LC_ALL=C.UTF-8 "$@"; }

# shellcheck source=chapters/tools/layers.sh
. chapters/tools/layers.sh

complain() { printf '%s\n' "$*" >&2; }

# The numbers of all exercises, in order.
all_exercises() {
    for task in chapters/[0-9][0-9]-*/exercises/[0-9]*-*/task.md; do
        [ -f "$task" ] && printf '%s\n' "$task"
    done | sed -E 's|^chapters/0*([0-9]+)-.*/exercises/([0-9]+)-.*|\1.\2|' |
        sort -t . -k 1,1n -k 2,2n
}

# The folder of exercise $1.
exercise_dir() {
    chapter=$(printf %02d "${1%%.*}" 2>/dev/null)
    for dir in chapters/"$chapter"-*/exercises/"${1#*.}"-*; do
        [ -f "$dir/task.md" ] && printf '%s\n' "$dir" && return
    done
}

# A field of the metadata at the head of exercise $1's task: title, difficulty ...
field() {
    awk -v key="$2:" '
        NR > 1 && /^---$/ { exit }
        index($0, key) == 1 {
            $0 = substr($0, length(key) + 1)
            sub(/^ +/, ""); sub(/ +$/, "")
            if ($0 ~ /^".*"$/ || $0 ~ /^\047.*\047$/)
                $0 = substr($0, 2, length($0) - 2)
            print
            exit
        }' "$(exercise_dir "$1")/task.md"
}

# A tag at the head of exercise $1's checker: // wrap: WSARecv
tag() { sed -n "1,12s|^// $2: *||p" "$(exercise_dir "$1")/check.c"; }

# The step that exercise $1 starts from.
step_of() {
    step=$(field "$1" step)
    if [ -z "$step" ]; then
        step=$(printf 'step%02d-*' "${1%%.*}")
        # shellcheck disable=SC2086 # a pattern
        set -- "$1" $step
        step=$2
    fi
    printf '%s\n' "$step"
}

# What the student's copy of exercise $1 is called: 3.1-name.
work_name() {
    dir=$(exercise_dir "$1")
    name=${dir##*/}
    printf '%s-%s\n' "$1" "${name#*-}"
}

# The files of exercise $1 that are the student's.
student_files() {
    files=$(field "$1" files)
    if [ -z "$files" ]; then
        dir=$(exercise_dir "$1")
        files=$({
            ls "$dir/starter" "$dir/solution" 2>/dev/null
            sed -n 's|^+++ [a-z]*/||p' "$dir/starter.patch" "$dir/solution.patch" 2>/dev/null
        } | grep '\.[ch]$' | sort -u)
    fi
    # shellcheck disable=SC2086 # several names
    printf '%s\n' $files
}

# Lays out exercise $1 in the folder $2, as it is handed to a student; with
# $3 = solution, as we solved it; with $3 = wrong/NAME, as it is often done.
lay_out() {
    compose "$(exercise_dir "$1")" "$(step_of "$1")" "${3:-starter}" "$2" || return
    # The Wine prefix of the repository is one folder further up from work/; and
    # what a student does from the top is done from within as well.
    # shellcheck disable=SC2016 # for make
    {
        sed 's|\.\./build/wine|../../build/wine|' "$2/Makefile"
        printf '\nstart check hint watch solution:\n\t@$(MAKE) -s -C ../.. $@ EX=%s\n' "$1"
        echo '.PHONY: start check hint watch solution'
    } >"$2/Makefile.new"
    mv "$2/Makefile.new" "$2/Makefile"
}

# What the program in the folder $1 is linked with, by its Makefile, if it has one.
libraries_of() { echo "$(sed -n 's/^LDLIBS *= *//p' "$1/Makefile" 2>/dev/null) -lws2_32"; }

# The exercise that somebody calls $1: 3.1, 3-1, 03.1, part of a name, or its
# folder in work/. Nothing if there is none, several lines if there are several.
find_exercise() {
    wanted=${1%/}
    wanted=$(printf '%s\n' "${wanted##*/}" | tr 'A-Z_-' 'a-z..' | sed 's/^0*\([0-9]\)/\1/')
    all_exercises | while read -r number; do
        name=$(work_name "$number" | tr 'A-Z_-' 'a-z..')
        case $name in
        "$wanted" | "$wanted".[!0-9]*) printf '%s\n' "$number" ;;
        *)
            case $wanted in
            *[a-z]*)
                case $name in
                *"$wanted"*) printf '%s\n' "$number" ;;
                esac
                ;;
            esac
            ;;
        esac
    done
}

# Sets EX to the one exercise that $1 names, or says what is wrong with it.
choose_exercise() {
    if [ -z "$1" ]; then
        complain "Which exercise? Add EX=$(all_exercises | head -n 1); make exercises lists them."
        return 2
    fi
    case $1 in
    *[0-9][\ ,]*[0-9]*)
        complain "One exercise at a time: EX=${1%%[ ,]*}"
        return 2
        ;;
    esac
    EX=$(find_exercise "$1")
    case $EX in
    '') ;;
    *"
"*) ;;
    *) return 0 ;;
    esac
    near=$EX
    chapter=$(printf '%s\n' "$1" | sed -n 's/^0*\([0-9][0-9]*\).*/\1/p')
    [ -n "$near" ] || near=$(all_exercises | grep "^$chapter\\.")
    if [ -z "$near" ]; then # by the start of one of its words
        for part in $(printf '%s\n' "$1" | tr -cs 'A-Za-z' ' '); do
            near=$(find_exercise "$(printf %.4s "$part")")
            [ -n "$near" ] && break
        done
    fi
    [ -n "$near" ] || near=$(all_exercises | head -n 3)
    near=$(for number in $near; do work_name "$number"; done | head -n 4 |
        awk '{ printf "%s%s", (NR > 1 ? ", " : ""), $0 }')
    complain "There is no exercise $1. Did you mean $near? make exercises lists all."
    return 2
}
