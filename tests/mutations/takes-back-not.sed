# An idle stream goes on lending its buffer.
# file: step09-economy/deadline.c
# test: economy
# fails: 
s/^                reclaim(connection);/                (void)reclaim;/
