# A backslash is a character like any other, which for Windows it isn't.
# file: step12-httpd/path.c
# test: web-path
# fails: %5c%5c
s/strchr("\\\\:\*/strchr(":*/
