# Leaves the port open.
# file: step04-registrator/selector.c
# test: lifetimes_orders
# fails: no handle is left
s/return close_handle(selector->port);/return 0;/
