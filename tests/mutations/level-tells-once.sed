# LEVEL takes no second turn.
# file: step11-readiness/registration.c
# test: readiness
# fails: an event that must come
s/if (told \&\& registration->mode == LEVEL.*/if (0)/
