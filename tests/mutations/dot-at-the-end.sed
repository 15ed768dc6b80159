# A name may end with a dot, which Windows cuts off.
# file: step12-httpd/path.c
# test: web-path
# fails: /a. is no file
s/size == 0 || name\[size - 1\] == '.' || /size == 0 || /
