# Takes the end that it has brought about for an earlier one.
# file: step04-registrator/registrator.c
# test: promises_loop
# fails: even if the poll is gone
/selector_wake/,/^}/ s/loop->closed = TRUE;/error = atomic_exchange(\&loop->closed, TRUE) ? ERROR_ABANDONED_WAIT_0 : 0;/
