# A file that has become shorter is a whole copy.
# file: step10-iocp/copy.c
# test: copying
# fails: it shrinks
s/completion->bytes < block->size/0/
