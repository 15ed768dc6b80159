/* Path: from what a request asks for to a file below the root, and to no other.
   What Windows reads into a name is refused before Windows sees it.
   https://learn.microsoft.com/windows/win32/fileio/naming-a-file */
#ifndef PATH_H
#define PATH_H

#include <stdbool.h>
#include <stddef.h>

/* Writes the name of the file, relative to the root, in UTF-8 with slashes: for
   "/a%20b/?c" "a b/index.html". Returns 200; 400 if the target is malformed; 404
   if no file can have that name, or none that is to be served; 414 if it doesn't
   fit into size bytes. */
int path_of(const char *target, char *path, size_t size);

/* What a browser is to take the file for. */
const char *path_type(const char *path);

#endif
