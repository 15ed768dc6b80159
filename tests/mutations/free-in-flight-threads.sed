# Frees an operation in flight at once, with another thread polling.
# file: step04-registrator/operation.c
# test: lifetimes_threads
# fails: guard: 
s/^        cancel_io(s);/        cancel_io(s), free(operation);/
