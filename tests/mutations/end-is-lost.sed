# What is still to be sent when there will be no other request is sent.
# file: step12-httpd/client.c
# test: httpd-ends
# fails: a client that has half-closed
/^static DWORD end(/,/^}/ s/client->phase = ENDING;/client->phase = PARTING;/
