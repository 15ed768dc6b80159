# A buffer that has been read stays with its stream.
# file: step09-economy/tcpstream.c
# test: economy
# fails: to the end
s/^        connection_give_back(connection);//
