#include "iocp.h"
int main(void){return 0;}
