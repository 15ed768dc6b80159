# A deadline lifted in the last moment comes all the same.
# file: step08-deadline/source.c
# test: deadline
# fails: lifted in the last moment
s/ && timer->due != NEVER//
