# Leaves every tenth socket open.
# file: step04-registrator/operation.c
# test: lifetimes
# fails: as many handles
s/DWORD error = close_socket(s);/static int n; DWORD error = ++n % 10 ? close_socket(s) : 0;/
