# A stream is read in pieces, and others have their turns between them.
# file: step12-httpd/connection.h
# test: httpd-limits
# fails: of a thousand at once
s/CONNECTION_BUFFER = 768,/CONNECTION_BUFFER = 65536,/
