# A socket's errors are Win32's.
# file: step10-iocp/iocp.c
# test: iocp
# fails: 10054
s/operation->is_socket ? winsock_error(error) : error/error/
