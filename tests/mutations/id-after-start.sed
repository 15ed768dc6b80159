# The id is set when the operation may be over.
# file: step10-iocp/iocp.c
# test: iocp
# fails: its completion has key
s/\*id = error == 0 ? (\*operation)->id : 0;/*id = 0;/
