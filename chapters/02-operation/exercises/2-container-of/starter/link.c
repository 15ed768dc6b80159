#include "link.h"

#include <stddef.h>

void link_push(Link **list, void *linked)
{
    Link *link = linked;
    link->next = *list;
    *list = link;
}

void *link_pop(Link **list)
{
    Link *link = *list;
    if (link != NULL)
        *list = link->next;
    return link;
}
