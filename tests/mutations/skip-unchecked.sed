# A socket that could not be told to skip is taken for one that does.
# file: step09-economy/source.c
# test: economy
# fails: 
s/skip_port_on_success(source->socket) == 0;/(skip_port_on_success(source->socket), TRUE);/
