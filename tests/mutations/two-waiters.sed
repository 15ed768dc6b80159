# Lets two threads wait, or one destroy the poll while another waits.
# file: step04-registrator/poll.c
# test: promises_loop
# fails: a second waiter is refused
s/atomic_exchange(&poll->busy, TRUE)/(poll->busy = TRUE, 0)/
