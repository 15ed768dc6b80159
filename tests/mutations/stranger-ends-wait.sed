# A packet that is nobody's ends the wait.
# file: step10-iocp/iocp.c
# test: iocp
# fails: strangers' packets are not handed out
s/while (\*count == 0 \&\& error == 0) {/for (int once = 0; once < 1; once++) {/
