# Loses the loop when there is no port.
# file: step04-registrator/poll.c
# test: faults
# fails: CreateIoCompletionPort, fails with 1450
/poll->loop = NULL;/,/return error/ s/free(loop);//
