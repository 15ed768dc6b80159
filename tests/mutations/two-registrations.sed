# A second registration is let in.
# file: step11-readiness/readiness.c
# test: readiness
# fails: second registration is refused
s/if (on \&\& (!anew/if (0 \&\& (!anew/
