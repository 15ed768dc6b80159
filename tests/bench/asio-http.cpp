// The web server of step 12 as one writes it with asio: a session a connection,
// which reads a head, opens the file that it asks for, and sends the answer's head,
// of the same fields, together with the first piece. usage: asio-http FOLDER
#include <asio.hpp>

#include <array>
#include <cstdio>
#include <ctime>
#include <memory>
#include <string>

using asio::ip::tcp;

static std::string root;

static std::string when(time_t time)
{
    char text[64];
    std::strftime(text, sizeof text, "%a, %d %b %Y %H:%M:%S GMT",
                  std::gmtime(&time));
    return text;
}

struct Session : std::enable_shared_from_this<Session> {
    tcp::socket socket;
    asio::random_access_file file;
    std::string asked; // what has come, and is not answered yet
    std::string head;
    uint64_t offset, size; // of the next piece, of the file
    char piece[65536];

    explicit Session(tcp::socket s)
        : socket(std::move(s)), file(socket.get_executor())
    {
    }

    void ask()
    {
        auto self = shared_from_this();
        asio::async_read_until(socket, asio::dynamic_buffer(asked, 8192),
                               "\r\n\r\n",
                               [self](std::error_code error, size_t length) {
                                   if (!error)
                                       self->answer(length);
                               });
    }

    void answer(size_t length)
    {
        std::error_code error;
        const size_t blank = asked.find(' ', 4);
        std::string target = asked.substr(4, blank - 4);
        if (asked.compare(0, 5, "GET /") != 0 || blank > length ||
            target.find("..") != std::string::npos)
            return;
        asked.erase(0, length);
        file.open(root + target, asio::file_base::read_only, error);
        size = error ? 0 : file.size(error);
        offset = 0;
        head = std::string("HTTP/1.1 ") + (error ? "404 Not Found" : "200 OK") +
               "\r\nDate: " + when(std::time(nullptr));
        if (!error)
            head += "\r\nLast-Modified: " + when(modified()) +
                    "\r\nContent-Type: application/octet-stream";
        head += "\r\nContent-Length: " + std::to_string(size) + "\r\n\r\n";
        if (size == 0)
            send(0);
        else
            load();
    }

    time_t modified()
    {
        FILE_BASIC_INFO information;
        GetFileInformationByHandleEx(file.native_handle(), FileBasicInfo,
                                     &information, sizeof information);
        return information.LastWriteTime.QuadPart / 10000000 - 11644473600;
    }

    void load()
    {
        auto self = shared_from_this();
        file.async_read_some_at(offset, asio::buffer(piece),
                                [self](std::error_code error, size_t count) {
                                    if (!error)
                                        self->send(count);
                                });
    }

    void send(size_t count)
    {
        auto self = shared_from_this();
        offset += count;
        asio::async_write(socket,
                          std::array<asio::const_buffer, 2>{
                              asio::buffer(head), asio::buffer(piece, count)},
                          [self](std::error_code error, size_t) {
                              self->head.clear();
                              if (!error)
                                  self->go_on();
                          });
    }

    void go_on()
    {
        if (offset < size) {
            load();
            return;
        }
        std::error_code error;
        file.close(error);
        ask();
    }
};

static void accept(tcp::acceptor &acceptor)
{
    acceptor.async_accept([&acceptor](std::error_code error, tcp::socket s) {
        if (!error)
            std::make_shared<Session>(std::move(s))->ask();
        accept(acceptor);
    });
}

int main(int argc, char **argv)
{
    asio::io_context context;
    tcp::acceptor acceptor(context,
                           tcp::endpoint(asio::ip::address_v4::loopback(), 0));
    root = argc > 1 ? argv[1] : ".";
    std::printf("%u\n", acceptor.local_endpoint().port());
    std::fflush(stdout);
    accept(acceptor);
    context.run();
}
