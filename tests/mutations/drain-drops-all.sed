# Ctrl+C ends what is under way.
# file: step12-httpd/client.c
# test: httpd-ends
# fails: a server that drains
s/WRITABLE, server->limits.drain_ms)/WRITABLE, 0)/
