# A packet is believed, whatever its operation says.
# file: step10-iocp/iocp.c
# test: iocp
# fails: so is one before the system has ended ours
s/return operation->overlapped.Internal != STATUS_PENDING;/return TRUE;/
