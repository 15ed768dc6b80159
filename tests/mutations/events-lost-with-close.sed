# Drops the events that share a batch with the close packet.
# file: step04-registrator/poll.c
# test: promises_loop
# fails: each is handed out once
s/error == 0 && events->count == 0 && selector->woken/error == 0 \&\& selector->woken \&\& (events->count = 0, 1)/
