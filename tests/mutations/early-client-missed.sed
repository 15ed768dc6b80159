# A client who was there before the wait is not told of.
# file: step11-readiness/namedpipe.c
# test: readiness-pipe
# fails: an event that must come
s/^    connection_connected(connection, 0, NULL);//
