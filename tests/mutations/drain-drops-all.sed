# Ctrl+C ends what is under way.
# file: step12-httpd/client.c
# test: httpd
# fails: what was under way is finished
s/WRITABLE, server->limits.drain_ms)/WRITABLE, 0)/
