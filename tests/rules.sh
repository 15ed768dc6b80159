#!/bin/sh
# Prints the make rules that build each test against each step it names.
# usage: rules.sh tests/c/NAME.c...

tag() { sed -n "1,9s|^// $2: *||p" "$1"; }

# Is step number $1 in the range $2: 03+, 03, 02-04, or nothing for all?
applies() {
    case $2 in
    '') return 0 ;;
    *+) [ "$1" -ge "${2%+}" ] ;;
    *-*) [ "$1" -ge "${2%-*}" ] && [ "$1" -le "${2#*-}" ] ;;
    *) [ "$1" -eq "$2" ] ;;
    esac
}

for step in step[0-9][0-9]-*; do
    number=${step#step}
    number=${number%%-*}
    objects=
    for source in "$step"/*.c; do
        name=$(basename "$source" .c)
        [ "$name" = main ] && continue
        object="\$(TEST_BUILD)/$step/objects/$name.o"
        objects="$objects $object"
        printf '%s: %s $(wildcard %s/*.h) | $(TEST_BUILD)/rules.mk\n' "$object" "$source" "$step"
        printf '\t@mkdir -p $(@D)\n\t@$(TEST_CC) $(TEST_CFLAGS) -c $< -o $@\n'
    done
    for test; do
        applies "$number" "$(tag "$test" steps)" || continue
        name=$(basename "$test" .c)
        wraps=
        for call in $(tag "$test" wrap); do
            wraps="$wraps -Wl,--wrap=$call"
        done
        program="\$(TEST_BUILD)/$step/$name.exe"
        printf 'TEST_PROGRAMS += %s\n' "$program"
        printf '%s: %s%s $(wildcard tests/*.h %s/*.h)\n' "$program" "$test" "$objects" "$step"
        printf '\t@mkdir -p $(@D)\n'
        printf '\t@$(TEST_CC) $(TEST_CFLAGS) -DSTEP=%d -Itests -I%s $(filter %%.c %%.o,$^)%s -lws2_32 %s -o $@\n' \
            "${number#0}" "$step" "$wraps" "$(tag "$test" libs)"
    done
done
