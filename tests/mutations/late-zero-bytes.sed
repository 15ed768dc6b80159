# A deadline doesn't end a read of zero bytes.
# file: step09-economy/deadline.c
# test: economy
# fails: 
s/^    if (reading->in_flight)/    if (reading->in_flight \&\& connection->buffer != NULL)/
