# Frees an operation at once, although the system still owns it.
# file: step03-selector/operation.c
# test: lifetimes
# fails: guard: 
s/^        cancel_io(s);/&\n        free(operation);/
