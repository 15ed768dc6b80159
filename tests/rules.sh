#!/bin/sh
# Prints the make rules that build each test against each step it names, and two
# lists: TEST_PROGRAMS has all of them, CORE_PROGRAMS each test's first step, whose
# layer it tries, and its last.
# usage: rules.sh COMPILER tests/c/NAME.c...

compiler=$1
shift

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

. tests/wrap.sh
names=$(wrap_names "$compiler")

# The steps that a test with range $1 is for, in order.
steps_for() {
    for step in step[0-9][0-9]-*; do
        number=${step#step}
        ! applies "${number%%-*}" "$1" || echo "$step"
    done
}

for step in step[0-9][0-9]-*; do
    number=${step#step}
    number=${number%%-*}
    objects=
    watched_objects=
    for source in "$step"/*.c; do
        name=$(basename "$source" .c)
        [ "$name" = main ] && continue
        object="\$(TEST_BUILD)/$step/objects/$name.o"
        objects="$objects $object"
        printf '%s: %s $(wildcard %s/*.h) | $(TEST_BUILD)/rules.mk\n' "$object" "$source" "$step"
        printf '\t@mkdir -p $(@D)\n\t@$(TEST_CC) $(TEST_CFLAGS) -c $< -o $@\n'
        watched="\$(TEST_BUILD)/$step/watched/$name.o"
        watched_objects="$watched_objects $watched"
        printf '%s: %s $(wildcard %s/*.h) | $(TEST_BUILD)/rules.mk\n' "$watched" "$source" "$step"
        printf '\t@mkdir -p $(@D)\n\t@$(TEST_CC) $(TEST_CFLAGS) $(TEST_WATCHED) -c $< -o $@\n'
    done
    for test; do
        applies "$number" "$(tag "$test" steps)" || continue
        name=$(basename "$test" .c)
        # shellcheck disable=SC2046 # words
        wraps=$(wrap_options "$names" $(tag "$test" wrap))
        program="\$(TEST_BUILD)/$step/$name.exe"
        linked=$objects
        [ -z "$(tag "$test" guard)" ] || linked="$watched_objects \$(TEST_BUILD)/guard.o"
        printf 'TEST_PROGRAMS += %s\n' "$program"
        case $step in
        "$(steps_for "$(tag "$test" steps)" | sed -n 1p)" | \
            "$(steps_for "$(tag "$test" steps)" | sed -n '$p')")
            printf 'CORE_PROGRAMS += %s\n' "$program"
            ;;
        esac
        printf '%s: %s%s $(wildcard tests/*.h %s/*.h)\n' "$program" "$test" " $linked" "$step"
        printf '\t@mkdir -p $(@D)\n'
        printf '\t@$(TEST_CC) $(TEST_CFLAGS) -DSTEP=%d -Itests -I%s -Ichapters/tools/guard $(filter %%.c %%.o,$^)%s -lws2_32 -lntdll %s -o $@\n' \
            "${number#0}" "$step" "$wraps" "$(tag "$test" libs)"
    done
done
