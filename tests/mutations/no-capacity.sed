# Waits with room for no event.
# file: step03-selector/selector.c
# test: promises
# fails: without capacity\|Unhandled
/if (room == 0)/,/return ERROR/d
