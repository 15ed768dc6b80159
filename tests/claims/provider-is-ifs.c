#include "claim.h"

int main(void)
{
    CLAIM("The sockets of Windows' own TCP are handles of the system: "
          "XP1_IFS_HANDLES is set.",
          DOCS "api/winsock2/ns-winsock2-wsaprotocol_infow");
    SOCKET pair[2];
    WSAPROTOCOL_INFOW info;
    int size = sizeof info;
    connect_pair(pair);
    need(getsockopt(pair[0], SOL_SOCKET, SO_PROTOCOL_INFOW, (char *)&info,
                    &size) == 0,
         "asking for the provider");
    expect("the flag", (info.dwServiceFlags1 & XP1_IFS_HANDLES) != 0, 1);
    expect("providers in its chain", info.ProtocolChain.ChainLen, 1);
    return verdict();
}
