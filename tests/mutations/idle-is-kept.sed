# Never frees an operation that was closed when not in flight.
# file: step03-selector/operation.c
# test: lifetimes
# fails: everything is freed
/^    } else {/,/free(operation)/ s/free(operation);//
