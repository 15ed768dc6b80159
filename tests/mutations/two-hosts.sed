# Two Host fields are as good as one.
# file: step12-httpd/request.c
# test: request
# fails: two hosts
s/seen->hosts > 1 ||//
