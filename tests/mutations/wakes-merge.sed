# A wake after an event is merged into the one before.
# file: step11-readiness/selector.c
# test: waker
# fails: an event that must come
/^static BOOL on_woken/,/^}/s/operation->in_flight = FALSE;//
