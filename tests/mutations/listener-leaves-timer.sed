# A listener that is being closed may set its timer anew.
# file: step08-deadline/tcplistener.c
# test: listener
# fails: leaves no timer
s/own->source.closed = TRUE;.*//
