# Who doesn't end his head has as long as for his next request.
# file: step12-httpd/client.c
# test: httpd
# fails: half a head
s/set_deadline(server, client, READABLE, server->limits.head_ms)/set_deadline(server, client, READABLE, INFINITE)/
