# EDGE tells again what has been told.
# file: step11-readiness/registration.c
# test: readiness
# fails: half-close is told
s/^    registration->fresh = 0;//
