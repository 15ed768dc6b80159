# The poll takes the loop with it, although registrators hold it.
# file: step04-registrator/registrator.c
# test: lifetimes_orders
# fails: guard: 
s/if (--loop->owners > 0)/if (0)/
