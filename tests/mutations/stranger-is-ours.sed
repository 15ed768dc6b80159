# A pointer into the blocks is taken for an operation in flight.
# file: step10-iocp/inflight.c
# test: iocp
# fails: is a stranger's, too
/\*in_flight_by_packet/,/^}/s/operation->id != 0 ? operation : NULL/operation/
