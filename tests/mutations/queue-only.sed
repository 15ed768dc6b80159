# The port never comes first, however full the queue is.
# file: step09-economy/selector.c
# test: economy
# fails: room for one event
s/selector->port_first = !room && economy.fair;/selector->port_first = FALSE;/
