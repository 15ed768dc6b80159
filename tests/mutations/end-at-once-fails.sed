# A file's or pipe's end that is found at once is a failure of the call.
# file: step10-iocp/iocp.c
# test: iocp-starts
# fails: at once is no failure
s/operation->kind == IOCP_READ \&\& is_end(operation, error))/FALSE)/
