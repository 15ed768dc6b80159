# Who takes nothing in doesn't keep his place.
# file: step12-httpd/client.c
# test: httpd-limits
# fails: one who takes nothing in
s/WRITABLE, server->limits.take_ms/WRITABLE, INFINITE/
