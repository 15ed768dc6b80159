/* Answer: what a request gets, and the head that says so. Like Request it knows
   nothing of sockets or files. */
#ifndef ANSWER_H
#define ANSWER_H

#include "request.h"

enum {
    ANSWER_HEAD = 1024 + REQUEST_TARGET
}; /* bytes; a short body fits, too */

typedef struct Answer {
    int status;
    bool keep_alive;
    bool old;                  /* for a client of HTTP/1.0 */
    bool no_body;              /* to HEAD: only the head is sent */
    unsigned long long first;  /* where in the file */
    unsigned long long length; /* of what is sent of it */
    unsigned long long size;   /* of all of it */
    HttpTime modified;         /* before 1970 if there is no file, or no time */
    const char *type;
    const char *moved_from; /* for 301: the target that lacks a slash */
} Answer;

/* Answers with a file of this size and time, which is none if it is before 1970:
   200, 206, 304 or 416. */
void answer_with_file(Answer *answer, const Request *request,
                      unsigned long long size, HttpTime modified);

/* Writes the head, and where there is no file to send the body, to text. Returns
   its size. */
size_t answer_text(const Answer *answer, HttpTime now, char text[ANSWER_HEAD]);

#endif
