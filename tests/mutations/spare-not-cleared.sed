# A stream from a spare block begins with what the last one left.
# file: step09-economy/connection.c
# test: economy
# fails: is new
s/^    \*new = (Connection){0};//
