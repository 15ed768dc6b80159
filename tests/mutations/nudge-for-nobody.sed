# Setting a deadline nudges though nobody waits.
# file: step08-deadline/selector.c
# test: deadline
# fails: posts nothing
s/^    selector->awake = 0;.*//
