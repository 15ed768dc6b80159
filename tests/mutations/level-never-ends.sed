# LEVEL keeps the loop from ending.
# file: step11-readiness/registration.c
# test: readiness
# fails: doesn't keep it from ending
s/ \&\& !source->selector->woken//
