# The result of what was only posted is asked for.
# file: step06-write/source.c
# test: write
# fails: no result is asked for
s/if (!operation->posted)/if (operation != NULL)/
