# shellcheck shell=sh
# How the files of an exercise are kept: each layer as what it changes in the
# one below it. To be sourced.
#
#     step <- starter <- solution <- wrong/NAME
#                     <- instead
#
# In the exercise's folder a layer is LAYER.patch, a head and a unified diff, and
# LAYER/, the files that are new, or of which little is left (a wrong answer has
# those in its diff). Layers hold .c and .h files and the Makefile. A tree is a
# folder with all files of a layer and those below.

below() {
    case $1 in
    starter) echo step ;;
    solution | instead) echo starter ;;
    *) echo solution ;;
    esac
}

# The layers of the exercise in $1 that stand on layer $2.
above() {
    case $2 in
    starter)
        echo solution
        if [ -e "$1/instead.patch" ] || [ -d "$1/instead" ]; then echo instead; fi
        ;;
    solution) wrong_answers "$1" ;;
    esac
}
wrong_answers() {
    for patch in "$1"/wrong/*.patch; do
        [ ! -f "$patch" ] || printf 'wrong/%s\n' "$(basename "$patch" .patch)"
    done
}

# A layer's head: what it gets wrong or leaves to do; then, one a line behind
# "Told: ", what the checker's first message about it must match.
head_of() {
    [ ! -f "$1/$2.patch" ] || sed '/^--- /,$d' "$1/$2.patch" | sed -e :a -e '/^\n*$/{$d;N;ba' -e '}'
}
told() { head_of "$1" "$2" | sed -n 's/^Told: //p'; }

# copy_files TREE TO: what a layer can hold.
copy_files() {
    mkdir -p "$2"
    if [ -f "$1/Makefile" ]; then
        cp "$1"/*.[ch] "$1/Makefile" "$2"
    else
        cp "$1"/*.[ch] "$2"
    fi
}

# add_layer DIR LAYER TREE [FLAG ...]: makes the layer's changes, without fuzz, or
# as these flags have patch do it. Prints what patch has to say.
add_layer() {
    layer_dir=$1 layer_name=$2 tree=$3
    shift 3
    for path in "$layer_dir/$layer_name"/*; do
        [ ! -f "$path" ] || cp "$path" "$tree" || return
    done
    grep -qs '^--- ' "$layer_dir/$layer_name.patch" || return 0
    [ $# -gt 0 ] || set -- -F0
    patch -f -p1 --no-backup-if-mismatch -r - -d "$tree" "$@" <"$layer_dir/$layer_name.patch" 2>&1
}

# compose DIR STEP LAYER TREE: a layer of the exercise in DIR with all below it,
# the step's files being those of the folder STEP. Names the layer that does not fit.
compose() {
    if [ "$3" = step ]; then
        copy_files "$2" "$4"
        return
    fi
    compose "$1" "$2" "$(below "$3")" "$4" || return
    add_layer "$1" "$3" "$4" >/dev/null || not_fitting "$1" "$3"
}

# The command that mends it takes the exercise's number.
not_fitting() {
    number=$(printf '%s\n' "$1" | sed -E 's|.*chapters/0*([0-9]+)-.*/exercises/([0-9]+)-.*|\1.\2|')
    command -v patch >/dev/null || complain 'patch is missing: sudo apt-get install patch'
    complain "$1/$2.patch does not fit the $(below "$2") any more: tests/carry STEP, or tests/carry --since COMMIT if the step's" \
        "change is committed; or make open EX=$number AS=$2, settle it, and make keep EX=$number AS=$2"
    return 1
}

# keep_layer DIR LAYER BELOW TREE HEAD: writes the layer down as what TREE changes
# in the tree BELOW, with what the file HEAD says.
keep_layer() (
    space=$(mktemp -d)
    trap 'rm -rf "$space"' EXIT
    for path in "$3"/*.[ch] "$3"/Makefile; do
        [ ! -f "$path" ] || [ -f "$4/${path##*/}" ] || {
            complain "${path##*/} is gone: a layer cannot take a file away."
            exit 1
        }
    done
    mkdir "$space/whole"
    for path in "$4"/*.[ch] "$4"/Makefile; do
        [ -f "$path" ] || continue
        file=${path##*/}
        cmp -s "$path" "$3/$file" && continue
        old=$3/$file
        label=$(below "$2")/$file
        if [ ! -f "$old" ]; then
            old=/dev/null
            label=/dev/null
        fi
        diff -U1 -p -L "$label" -L "${2##*/}/$file" "$old" "$path" >"$space/diff" || true
        as='diff'
        case $2 in
        wrong/*) ;;
        *) [ "$(wc -l <"$space/diff")" -lt "$(wc -l <"$path")" ] || as='whole' ;;
        esac
        if [ "$as" = 'diff' ]; then
            cat "$space/diff" >>"$space/changes"
        else
            cp "$path" "$space/whole"
        fi
    done
    if [ ! -e "$space/changes" ] && ! ls "$space/whole"/* >/dev/null 2>&1; then
        complain "$1/$2: it is the same as the $(below "$2"), so there is nothing to keep."
        exit 1
    fi
    {
        cat "$5"
        if [ -e "$space/changes" ]; then
            [ ! -s "$5" ] || echo
            cat "$space/changes"
        fi
    } >"$space/patch"
    [ ! -d "$1/$2" ] || rm -f "$1/$2"/*.[ch] "$1/$2"/Makefile
    mkdir -p "$1/$2"
    for path in "$space"/whole/*; do
        [ ! -f "$path" ] || cp "$path" "$1/$2"
    done
    rmdir "$1/$2" 2>/dev/null || true
    if [ -s "$space/patch" ]; then
        cat "$space/patch" >"$1/$2.patch"
    else
        rm -f "$1/$2.patch"
    fi
)

# Spreads lines out: puts one between each and the next, the same everywhere.
# gather undoes it. Both can turn a file upside down.
spread() {
    if [ "$1" = up ]; then
        awk '{ line[NR] = $0 } END { while (NR > 0) print line[NR--] "\n\1" }'
    else
        awk '{ print $0 "\n\1" }'
    fi
}
gather() {
    if [ "$1" = up ]; then
        awk '$0 != "\1" { line[++n] = $0 } END { while (n > 0) print line[n--] }'
    else
        awk '$0 != "\1"'
    fi
}

# merge CURRENT BASE OTHER NAME NAME SPACE: into SPACE/merged; fails for a conflict.
# To git two changes that touch are a conflict, say where a function is edited
# before which the next step adds another. So if there are any, try again with
# the lines spread out: then only those that overlap are. (Of the places where
# an addition can be said to be, git takes the lowest: it touches what is below
# it, and upside down what is above.)
merge() {
    status=0
    cp "$1" "$6/merged"
    git merge-file -L "$4" -L "$5 before" -L "$5" "$6/merged" "$2" "$3" || status=$?
    [ "$status" -ne 0 ] || return 0
    if [ "$status" -ge 128 ]; then
        complain "$1: git cannot merge it"
        exit 2
    fi
    for way in down up; do
        spread $way <"$1" >"$6/1"
        spread $way <"$2" >"$6/2"
        spread $way <"$3" >"$6/3"
        if git merge-file -q "$6/1" "$6/2" "$6/3"; then
            gather $way <"$6/1" >"$6/merged"
            return
        fi
    done
    return 1
}

# Where layer $2 of exercise $1 lies open.
open_folder() { printf '%s/%s-%s\n' "$WORK" "$1" "$(printf %s "$2" | tr / -)"; }

# concerned DIR LAYER WAS NOW: do WAS and NOW differ in a file that the layer or
# one above it changes?
concerned() {
    for path in "$4"/*.[ch] "$4"/Makefile; do
        file=${path##*/}
        ! cmp -s "$path" "$3/$file" || continue
        case $2 in
        starter) set -- "$1" "$2" "$3" "$4" "$1/starter.patch" "$1/solution.patch" "$1/instead.patch" "$1"/wrong/*.patch ;;
        solution) set -- "$1" "$2" "$3" "$4" "$1/solution.patch" "$1"/wrong/*.patch ;;
        *) set -- "$1" "$2" "$3" "$4" "$1/$2.patch" ;;
        esac
        for patch in "$@"; do
            [ -f "$patch" ] && grep -qs -e "^--- [^ ]*/$file\$" "$patch" && return
        done
        for whole in starter solution instead; do
            [ ! -f "$1/$whole/$file" ] || return 0
        done
    done
    return 1
}

# refit EX DIR LAYER WAS NOW: the layer stood on the tree WAS, it is to stand on
# NOW; then those above it. Names what is settled, and what is not: that lies open
# then, with both versions in it.
refit() (
    number=$1 dir=$2 layer=$3 was=$4 now=$5
    concerned "$dir" "$layer" "$was" "$now" || exit 0
    space=$(mktemp -d)
    trap 'rm -rf "$space"' EXIT
    copy_files "$was" "$space/had"
    copy_files "$now" "$space/new"
    if ! add_layer "$dir" "$layer" "$space/had" >/dev/null; then
        if add_layer "$dir" "$layer" "$space/new" >/dev/null; then
            echo "$dir/$layer.patch: has it already"
            unfit=0
            for upper in $(above "$dir" "$layer"); do
                copy_files "$space/new" "$space/upper"
                add_layer "$dir" "$upper" "$space/upper" >/dev/null || not_fitting "$dir" "$upper" || unfit=1
            done
            exit $unfit
        fi
        not_fitting "$dir" "$layer"
        exit 1
    fi
    conflict=
    for path in "$space"/had/*.[ch] "$space"/had/Makefile; do
        file=${path##*/}
        if [ ! -f "$path" ] || cmp -s "$path" "$was/$file"; then
            continue
        fi
        if [ ! -f "$now/$file" ] || cmp -s "$was/$file" "$now/$file"; then
            cp "$path" "$space/new"
            continue
        fi
        if [ -f "$dir/$layer/$file" ]; then
            echo "$dir/$layer/$file: is its own, and left as it is"
            cp "$path" "$space/new"
            continue
        fi
        base=$was/$file
        [ -f "$base" ] || base=/dev/null
        merge "$path" "$base" "$now/$file" "${layer##*/}" "$(below "$layer")" "$space" ||
            conflict="$conflict $file"
        cp "$space/merged" "$space/new/$file"
    done
    head_of "$dir" "$layer" >"$space/head"
    if [ "$conflict" ]; then
        open=$(open_folder "$number" "$layer")
        echo "$dir/$layer.patch: CONFLICT in$conflict, both versions are in $open." \
            "Settle it there, then make keep EX=$number AS=$layer"
        if [ -e "$open" ]; then
            echo "$open is in the way: make keep EX=$number AS=$layer, or remove it; then once more"
        else
            lay_open "$space/new" "$space/head" "$open"
            copy_files "$space/had" "$open/.was"
        fi
        exit 1
    fi
    cp "$dir/$layer.patch" "$space/patch" 2>/dev/null
    keep_layer "$dir" "$layer" "$now" "$space/new" "$space/head" || exit 1
    cmp -s "$dir/$layer.patch" "$space/patch" || echo "$dir/$layer.patch: merged"
    unsettled=0
    for upper in $(above "$dir" "$layer"); do
        refit "$number" "$dir" "$upper" "$space/had" "$space/new" || unsettled=1
    done
    exit $unsettled
)

# lay_open TREE HEAD TO: files to edit. There the repository's Wine is one folder
# further up; keep undoes that.
lay_open() {
    copy_files "$1" "$3"
    cp "$2" "$3/ABOUT"
    sed 's|\.\./build/wine|../../build/wine|' "$1/Makefile" >"$3/Makefile"
}
