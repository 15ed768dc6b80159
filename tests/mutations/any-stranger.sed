# takes whoever connects first for the pair's other end
# file:  step02-operation/loopback.c
# test:  loopback
# fails: from one end to the other
s/(from.sin_port != address->sin_port ||/(0 \&\& (from.sin_port != address->sin_port ||/
s/from.sin_addr != address->sin_addr))/from.sin_addr != address->sin_addr)))/
