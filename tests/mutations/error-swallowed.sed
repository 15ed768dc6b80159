# Says that a read was started which was not.
# file: step03-selector/operation.c
# test: faults
# fails: WSARecv, fails with 10054
/^DWORD operation_read/,/^}/ s/return error;/return 0;/
