/* Ends a program's reading, whatever is in flight. */
#ifndef SHUTDOWN_H
#define SHUTDOWN_H

#include "selector.h"

/* How a read ends that was called off. */
#define ERROR_OPERATION_ABORTED 995

/* Hears of a read that had ended by itself. Its stream, and what is in its
   buffer, is still there. */
typedef void LastWords(const Event *event);

/* Calls off all reads in flight, takes out their packets, and closes the
   streams and the selector. streams are the operations that have not been
   closed; some may have no read in flight, and some that were closed before may
   still have one.
   Reads that ended by themselves, with bytes, at the end of the stream or with
   an error, are told of by last_words, once each, however often shut_down is
   called.
   Errors: WAIT_TIMEOUT if packets are missing and none has come for timeout
   milliseconds, and those of selector_select; then nothing has been closed or
   freed, and shut_down may be called again. Else the first error of closing;
   then all has been closed that could be. */
DWORD shut_down(Selector *selector, Operation *const *streams, ULONG count,
                DWORD timeout, LastWords *last_words);

#endif
