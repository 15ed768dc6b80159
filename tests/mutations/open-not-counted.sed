# Does not count open operations: the loop can be closed before them.
# file: step04-registrator/selector.c
# test: lifetimes
# fails: cannot be closed yet
/open++/d
s/selector->open > 0/0/
