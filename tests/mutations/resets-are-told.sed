# SIO_UDP_CONNRESET stays on.
# file: step11-readiness/ffi.c
# test: readiness-udp
# fails: CONNRESET is off
s/BOOL told = FALSE;/BOOL told = TRUE;/
