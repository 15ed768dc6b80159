# Waits for the packet of a read that did not start.
# file: step03-selector/operation.c
# test: faults
# fails: WSARecv, fails with 10054
/operation_finish(operation, 0, error);/ s/operation_finish.*/;/
