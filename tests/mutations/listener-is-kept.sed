# The server stops and leaves its clients waiting.
# file: step05-tcpstream/delay_server.c
# test: faults-programs
# fails: step05
/^static unsigned WINAPI serve/,/^}/ s/close_socket((SOCKET)listener);//
