# Starts a read while another is in flight.
# file: step03-selector/selector.c
# test: promises
# fails: a second one does not
/if (operation->state == OPERATION_IN_FLIGHT)/,/return WSAEALREADY/d
