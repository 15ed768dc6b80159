# The next read is not started when the last one is drained.
# file: step11-readiness/tcpstream.c
# test: readiness
# fails: an event that must come
s/^    connection_read_ahead(connection);//
