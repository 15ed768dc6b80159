# A connection is not closed before all has been sent.
# file: step12-httpd/client.c
# test: httpd-ends
# fails: a connection that is to be closed
/^static DWORD finish(/,/^}/ s/return end(client);/return WSAECONNABORTED;/
