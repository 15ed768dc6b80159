# A file that is closed while it is being read is freed with its packet.
# file: step12-httpd/file.c
# test: httpd-lifetimes
# fails: ^guard: 
s/return source_close(&file->source);/DWORD error = close_handle((HANDLE)file->source.socket); if (file->source.selector != NULL) file->source.selector->open--; free(file); return error;/
