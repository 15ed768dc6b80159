#!/bin/sh
# Prints where each step differs from the step before: a line for each file that
# is new (+), gone (-) or changed (~), and for a changed one its places that are
# new (+), gone (-) or changed. tests/steps/differ.txt is what this printed when
# a maintainer last looked at it and agreed:
#
#   sh tests/steps/differ.sh >tests/steps/differ.txt && git diff tests/steps
set -e

files() {
    (cd "$1" && find . -type f ! -path './build*' | sed 's|^\./||' | sort)
}

places() {
    awk -f "$(dirname "$0")/places.awk" "$1"
}

# changed_places BEFORE AFTER
changed_places() {
    # The separator is a line that no file's places hold.
    { places "$1"; echo; places "$2"; } | awk -F '\t' '
        NF == 0 { after = 1; next }
        { name = $1; sub(/^[^\t]*\t/, "") }
        !after { old[name] = $0; order_old[++olds] = name; next }
        { new[name] = $0; order_new[++news] = name }
        END {
            for (i = 1; i <= news; i++) {
                name = order_new[i]
                if (!(name in old))
                    printf " +%s", name
                else if (old[name] != new[name])
                    printf " %s", name
            }
            for (i = 1; i <= olds; i++)
                if (!(order_old[i] in new))
                    printf " -%s", order_old[i]
            # What both have must come in the same order.
            for (i = j = 1; i <= olds; i++)
                if (order_old[i] in new) {
                    while (!(order_new[j] in old))
                        j++
                    if (order_new[j++] != order_old[i]) {
                        printf " (other order)"
                        break
                    }
                }
            print ""
        }'
}

before=
for step in step[0-9][0-9]-*; do
    [ -n "$before" ] && {
        echo "$step"
        { files "$before"; files "$step"; } | sort -u | while read -r file; do
            if [ ! -e "$before/$file" ]; then
                echo "+ $file"
            elif [ ! -e "$step/$file" ]; then
                echo "- $file"
            elif ! cmp -s "$before/$file" "$step/$file"; then
                echo "~ $file$(changed_places "$before/$file" "$step/$file")"
            fi
        done
    }
    before=$step
done
