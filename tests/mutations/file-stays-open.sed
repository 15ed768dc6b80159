# A client that goes takes its file along.
# file: step12-httpd/client.c
# test: httpd-lifetimes
# fails: half an answer sent
/^static void drop(/,/^}/ s/end_exchange(client);/free(client->exchange);/
