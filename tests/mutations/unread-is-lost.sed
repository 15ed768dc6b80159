# Reads over bytes that have not been read.
# file: step05-tcpstream/tcpstream.c
# test: promises_loop
# fails: no read while bytes are unread
/stream->position < operation->bytes/ s/stream->position < operation->bytes/0/
