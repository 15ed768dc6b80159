# WAIT_TIMEOUT reaches the caller.
# file: step03-selector/selector.c
# test: promises
# fails: nothing is no error
/if (error == WAIT_TIMEOUT)/,/return 0/d
