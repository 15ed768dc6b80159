# An LF alone ends a line.
# file: step12-httpd/request.c
# test: request
# fails: LF alone
s/^        line->size++;/        (void)0;/
