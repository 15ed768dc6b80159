# A registration that is in the line lives until it has had its turn.
# file: step11-readiness/source.c
# test: readiness-lifetimes
# fails: ^guard: \|Unhandled page fault
/^DWORD source_close(/,/^}/ s/source->closed = TRUE;/registration_free(source->registration); source->registration = NULL; source->closed = TRUE;/
