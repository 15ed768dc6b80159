# Reports one and the same error for all.
# file: step02-operation/ffi.c
# test: faults
# fails: socket\|WSARecv, fails\|CreateIo
s/return succeeded ? 0 : GetLastError();/return succeeded ? 0 : 87;/
