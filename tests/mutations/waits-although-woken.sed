# Waits for more after the close packet.
# file: step05-tcpstream/poll.c
# test: promises_loop
# fails: all three at once
s/selector->woken ? 0 : timeout/timeout/
