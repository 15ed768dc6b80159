# Starts a read while the event of the last one is being made.
# file: step05-tcpstream/selector.c
# test: promises_loop
# fails: no read starts while an event is made
s/ || state == OPERATION_LANDING//
