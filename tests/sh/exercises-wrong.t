#!/bin/sh
# Each usual wrong answer to an exercise fails with its own message.
. tests/tap.sh
. tests/exercises.sh
prove_exercises wrong
done_testing
