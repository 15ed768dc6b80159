# Never frees an operation that was closed in flight.
# file: step05-tcpstream/operation.c
# test: lifetimes_orders
# fails: all was freed
/^BOOL operation_land/,/^}/ s/free(operation);//
