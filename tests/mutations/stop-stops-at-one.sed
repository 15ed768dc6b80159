# The first thread that leaves keeps the stop to itself.
# file: step10-iocp/iocp.c
# test: iocp-threads
# fails: does not leave
s/DWORD passed_on = wake(iocp, 1);/DWORD passed_on = 0;/
