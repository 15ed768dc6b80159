# LEVEL takes no second turn.
# file: step11-readiness/registration.c
# test: readiness
# fails: and again while it waits
s/if (told \&\& registration->mode == LEVEL.*/if (0)/
