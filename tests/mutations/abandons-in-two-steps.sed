# Looks at the state and changes it later: the packet may be taken out between.
# file: step04-registrator/operation.c
# test: race
# fails: close a stream and its packet\|guard: 
s/switch (atomic_exchange(&operation->state, OPERATION_ABANDONED)) {/OperationState state = operation->state; volatile int n = 300000; while (n-- > 0); operation->state = OPERATION_ABANDONED; switch (state) {/
