# Says that a read is in flight when it may be done already.
# file: step04-registrator/operation.c
# test: race
# fails: messages is read whole\|guard: 
/^DWORD operation_read/,/^}/ {
    /operation->state = OPERATION_IN_FLIGHT/d
    s/^    if (error != 0)/    volatile int n = 300000; while (n-- > 0);\n    operation->state = OPERATION_IN_FLIGHT;\n&/
}
