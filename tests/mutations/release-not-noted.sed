# A registrator that was given up goes on using the loop.
# file: step04-registrator/registrator.c
# test: lifetimes_orders
# fails: guard: 
/registrator->loop = NULL/d
