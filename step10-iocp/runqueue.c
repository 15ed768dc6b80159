#include "runqueue.h"

void runqueue_put(RunQueue *queue, Operation *operation)
{
    operation->next = NULL;
    if (queue->first == NULL)
        queue->first = operation;
    else
        queue->last->next = operation;
    queue->last = operation;
    queue->count++;
}

Operation *runqueue_take(RunQueue *queue)
{
    Operation *operation = queue->first;
    if (operation != NULL) {
        queue->first = operation->next;
        queue->count--;
    }
    return operation;
}
