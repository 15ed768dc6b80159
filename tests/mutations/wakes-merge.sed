# A wake after an event is merged into the one before.
# file: step11-readiness/selector.c
# test: waker
# fails: each wake after an event
/^static BOOL on_woken/,/^}/s/operation->in_flight = FALSE;//
