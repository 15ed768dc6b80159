# takes a datagram that was cut short for a read that never started
# file:  step02-operation/ffi.c
# test:  datagram
# fails: the read has started
s/ || error == WSAEMSGSIZE//
