# While something is queued, the port isn't looked at.
# file: step09-economy/selector.c
# test: economy
# fails: leaves room for the others
s/room && (economy.fair || nothing)/room \&\& nothing/
