# Waits a tenth of the time.
# file: step05-tcpstream/ffi.c
# test: promises
# fails: after 200 ms
s/removed, timeout, FALSE/removed, timeout == INFINITE ? INFINITE : timeout \/ 10, FALSE/
