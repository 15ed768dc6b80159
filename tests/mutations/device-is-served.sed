# A device's name counts only without an ending.
# file: step12-httpd/path.c
# test: web-path
# fails: /CON.html is no file
s/if (dot != NULL)$/if (0)/
