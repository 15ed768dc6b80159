# A client who was there before the pipe waited is a failure of the call.
# file: step10-iocp/iocp.c
# test: iocp-starts
# fails: 535 at once is no failure
s/operation->kind == IOCP_CONNECT \&\& error == ERROR_PIPE_CONNECTED/FALSE/
