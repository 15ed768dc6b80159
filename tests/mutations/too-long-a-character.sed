# A slash in two bytes is a character.
# file: step12-httpd/path.c
# test: web-path
# fails: %C0%AE%C0%AE
s/value < least\[size\] || //
