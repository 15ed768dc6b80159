# The last timer stays where the removed one was.
# file: step08-deadline/timers.c
# test: timers
# fails: random changes
s/settle(timers, last);//
