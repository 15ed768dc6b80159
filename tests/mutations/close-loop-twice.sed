# Closes a loop that is closed.
# file: step05-tcpstream/registrator.c
# test: promises_loop
# fails: a second close_loop
s/ || loop->closed)/)/
