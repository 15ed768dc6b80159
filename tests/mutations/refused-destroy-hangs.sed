# A refused poll_destroy closes the loop, but wakes nobody.
# file: step04-registrator/poll.c
# test: promises_loop
# fails: the waiter is woken
/destroy_loop/,/^}/ s/loop->selector.woken = TRUE;//
