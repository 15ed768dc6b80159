# Loses the socket when there is no memory for the operation.
# file: step05-tcpstream/tcpstream.c
# test: faults
# fails: calloc, fails with 8
/operation_new/,/return error/ { /if (error != 0)/,/close_socket/d
}
