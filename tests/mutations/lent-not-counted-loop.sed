# Does not count what is lent: destroying the poll waits for nothing.
# file: step04-registrator/operation.c
# test: lifetimes_orders
# fails: all was freed\|guard: 
/lent++/d
/lent--/d
