# What is still to be sent when there will be no other request is waited for.
# file: step12-httpd/client.c
# test: httpd-ends
# fails: a client that has half-closed
/^static DWORD send(/,/^}/ s/return WSAEWOULDBLOCK;/return end(client);/
