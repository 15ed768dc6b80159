# A client who has gone stands in the way of the next.
# file: step11-readiness/namedpipe.c
# test: readiness-pipe
# fails: .
s/error == ERROR_NO_DATA \&\& disconnect_pipe(handle) == 0/0/
