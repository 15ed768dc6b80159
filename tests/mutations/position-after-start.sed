# sets a stream's position after its read has started
# file:  step05-tcpstream/tcpstream.c
# test:  stream-late
# fails: a read of 8 gives "efgh"
/^    stream->position = 0;$/d
/registrator_register(registrator/{
n
s/!= 0/== 0/
n
s/= position/= 0 * position/
}
