# Does not count what is lent: the selector waits for nothing.
# file: step03-selector/operation.c
# test: lifetimes
# fails: every packet was taken out
/lent++/d
/lent--/d
