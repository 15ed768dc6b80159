# Frees an operation while its event is being made.
# file: step04-registrator/operation.c
# test: promises_loop
# fails: guard: 
/case OPERATION_LANDING:/,/return 0;/d
