# Says that a read is done before its result is noted.
# file: step04-registrator/operation.c
# test: race
# fails: messages is read whole\|guard: 
/^    operation->bytes = bytes;/d
/^    operation->error = error;/d
s/^    if (!wanted)/    volatile int n = 300000; while (n-- > 0);\n    operation->bytes = bytes;\n    operation->error = error;\n&/
