# The cancel that takes a buffer back is told as if a deadline had passed.
# file: step09-economy/connection.c
# test: economy
# fails: 
s/ERROR_OPERATION_ABORTED && connection->reclaiming/995 \&\& FALSE/
