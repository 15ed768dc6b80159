# Registers with a closed loop.
# file: step04-registrator/registrator.c
# test: promises_loop
# fails: nor does register after it
s/if (!loop->closed)//
