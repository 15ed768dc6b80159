#include "turns.h"

void turns_init(Turns *turns)
{
    *turns = (Turns){.end = &turns->first};
}

void turns_add(Turns *turns, Turn *turn)
{
    turn->next = NULL;
    turn->link = turns->end;
    *turns->end = turn;
    turns->end = &turn->next;
    turns->count++;
}

void turns_remove(Turns *turns, Turn *turn)
{
    *turn->link = turn->next;
    if (turn->next != NULL)
        turn->next->link = turn->link;
    else
        turns->end = turn->link;
    turn->link = NULL;
    turns->count--;
}
