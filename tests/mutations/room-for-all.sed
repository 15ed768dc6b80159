# A server has so many clients and no more.
# file: step12-httpd/client.c
# test: httpd-limits
# fails: the third is hung up on
s/ || server->count >= server->limits.clients//
