#include "economy.h"

Economy economy = {.skip = TRUE,
                   .fair = TRUE,
                   .lend_ms = 1000,
                   .spares = 64,
                   .buffers = 16384};
