# Takes the close packet out and forgets it.
# file: step04-registrator/selector.c
# test: promises_loop
# fails: then comes the end
s/selector->woken = TRUE;/;/
