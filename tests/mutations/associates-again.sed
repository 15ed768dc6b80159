# Associates the socket at each registration.
# file: step03-selector/selector.c
# test: promises
# fails: registration 2 succeeds
/if (operation->selector == selector)/,/return 0/d
/if (operation->selector != NULL)/,/return ERROR/d
