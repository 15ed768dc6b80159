# Whatever the provider is, the port is skipped.
# file: step09-economy/ffi.c
# test: economy
# fails: 
s/error == 0 && !(info.dwServiceFlags1 & XP1_IFS_HANDLES)/0/
