# An id is the place alone, and comes again with the next operation there.
# file: step10-iocp/inflight.c
# test: iocp
# fails: no id comes a second time
s/content.id = ++all->ever << PLACE_BITS | content.place/content.id = (IocpId)1 << PLACE_BITS | content.place/
