# Half of the offset is forgotten.
# file: step10-iocp/iocp.c
# test: iocp-files
# fails: written at 5 GiB\|that long
s/(DWORD)(offset >> 32)/0/
