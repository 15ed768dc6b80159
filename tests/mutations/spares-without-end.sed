# Every block that is given back is kept.
# file: step09-economy/spares.c
# test: economy
# fails: two are kept
s/spares->kept_count < economy.spares/TRUE/
