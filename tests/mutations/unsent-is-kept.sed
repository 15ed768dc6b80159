# What is unsent is not freed with its connection.
# file: step08-deadline/connection.c
# test: lifetimes_streams
# fails: all was freed
/^static void destroy/,/^}/ s/ring_drop(.*//
