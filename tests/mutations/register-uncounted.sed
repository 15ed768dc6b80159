# Lets poll_destroy pass between the look at closed and the read.
# file: step04-registrator/registrator.c
# test: race
# fails: register and poll_destroy\|Bail
/selector.open++/d
/selector.open--/d
s/^        error = selector_register/        { volatile int n = 300000; while (n-- > 0); error = selector_register/
s/operation, token);$/&}/
