// The echo server as asio's tutorial has it: a session a connection, with its
// buffer, reading again when all has been sent.
#include <asio.hpp>

#include <cstdio>
#include <memory>

using asio::ip::tcp;

struct Session : std::enable_shared_from_this<Session> {
    tcp::socket socket;
    char bytes[64];

    explicit Session(tcp::socket s) : socket(std::move(s))
    {
    }

    void read()
    {
        auto self = shared_from_this();
        socket.async_read_some(asio::buffer(bytes),
                               [self](std::error_code error, size_t size) {
                                   if (!error)
                                       self->write(size);
                               });
    }

    void write(size_t size)
    {
        auto self = shared_from_this();
        asio::async_write(socket, asio::buffer(bytes, size),
                          [self](std::error_code error, size_t) {
                              if (!error)
                                  self->read();
                          });
    }
};

static void accept(tcp::acceptor &acceptor)
{
    acceptor.async_accept([&acceptor](std::error_code error, tcp::socket s) {
        if (!error)
            std::make_shared<Session>(std::move(s))->read();
        accept(acceptor);
    });
}

int main()
{
    asio::io_context context;
    tcp::acceptor acceptor(
        context, tcp::endpoint(asio::ip::address_v4::loopback(), 0));
    std::printf("%u\n", acceptor.local_endpoint().port());
    std::fflush(stdout);
    accept(acceptor);
    context.run();
}
