# The server stops at the first connection that it can't accept.
# file: step05-tcpstream/delay_server.c
# test: delay-server
# fails: it answers although accept failed
/^static unsigned WINAPI serve/,/^}/ s/Sleep(10);/break;/
