# Of a copy that failed a part is left.
# file: step10-iocp/copy.c
# test: copying
# fails: nothing is left of it
/^static void end_file/,/^}/s/_wremove(file->names->to);/;/
