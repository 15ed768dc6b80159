# Tells of closed operations too.
# file: step03-selector/selector.c
# test: lifetimes
# fails: no event tells of it
s/if (event_of(\(.*\)))$/if (event_of(\1) || 1)/
