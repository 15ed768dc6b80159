# The port is closed while operations are in flight.
# file: step10-iocp/iocp.c
# test: iocp
# fails: not closed with a read in flight
s/BOOL busy = iocp->in_flight.count > 0 ||/BOOL busy =/
