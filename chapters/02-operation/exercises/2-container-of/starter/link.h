/* A last-in, first-out list of structs that begin with a Link. */
#ifndef LINK_H
#define LINK_H

typedef struct Link {
    struct Link *next;
} Link;

/* Puts a struct on the list: any struct that begins with a Link. */
void link_push(Link **list, void *linked);

/* Takes the last one off; NULL if the list is empty. */
void *link_pop(Link **list);

#endif
