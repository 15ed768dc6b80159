#include "letterbox.h"

DWORD letterbox_open(Letterbox *box, Registrator *registrator, ULONG places)
{
    (void)registrator;
    (void)places;
    *box = (Letterbox){NULL};
    return ERROR_NOT_SUPPORTED;
}

Source *letterbox_source(const Letterbox *box)
{
    return (Source *)box->box;
}

DWORD letterbox_put(Letterbox *box, void *letter)
{
    (void)box;
    (void)letter;
    return ERROR_NOT_SUPPORTED;
}

DWORD letterbox_take(Letterbox *box, void **letter)
{
    (void)box;
    (void)letter;
    return ERROR_NOT_SUPPORTED;
}

DWORD letterbox_close(Letterbox *box)
{
    (void)box;
    return ERROR_NOT_SUPPORTED;
}
