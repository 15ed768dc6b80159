# The end does not come before the last piece of an answer.
# file: step12-httpd/client.c
# test: httpd-ends
# fails: a connection that is to be closed
/^static DWORD send(/,/^}/ s/exchange->out_size == 0/exchange->left == 0/
