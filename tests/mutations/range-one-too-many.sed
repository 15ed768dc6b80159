# The last byte of a range isn't counted.
# file: step12-httpd/answer.c
# test: web-path
# fails: 0-0 of 10
s/(unsigned long long)(last - first) + 1;/(unsigned long long)(last - first);/
