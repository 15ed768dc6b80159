# The last byte of a range isn't counted.
# file: step12-httpd/answer.c
# test: web-path
# fails: bytes
s/(unsigned long long)(last - first) + 1;/(unsigned long long)(last - first);/
