# makes sockets that a child process inherits
# file:  step02-operation/ffi.c
# test:  loopback
# fails: is not inherited
s/ | WSA_FLAG_NO_HANDLE_INHERIT//
