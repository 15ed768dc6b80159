# What another thread queues doesn't wake the poll.
# file: step09-economy/selector.c
# test: economy
# fails: 
s/^    nudge(selector, 0);//
