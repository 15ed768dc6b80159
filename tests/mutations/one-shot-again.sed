# ONE_SHOT tells more than once.
# file: step11-readiness/registration.c
# test: readiness
# fails: and no more told
s/registration->told = TRUE;/;/
