#include "transfer.h"

#include <fcntl.h>
#include <io.h>
#include <stdio.h>
#include <string.h>

#include "poll.h"
#include "tcpstream.h"

enum { BLOCK = 16384, HOST_MAX = 256 };

typedef struct Transfer {
    FILE *file;
    TcpStream stream;
    Registrator registrator;
    char block[BLOCK]; /* of the file: what has been read from it */
    size_t size;
    size_t sent;
} Transfer;

static const char *explain(DWORD error)
{
    switch (error) {
    case ERROR_INVALID_NAME:
        return "not an address like host:port";
    case ERROR_FILE_NOT_FOUND:
        return "cannot read it: is it there, may you read it?";
    case ERROR_HANDLE_EOF:
        return "the server ended before it had the whole file";
    case ERROR_READ_FAULT:
        return "cannot read all of the file";
    case ERROR_WRITE_FAULT:
        return "cannot write: is there room?";
    case WSAECONNRESET:
        return "the server reset the connection";
    case WSAETIMEDOUT:
        return "no answer: is the address right?";
    case WSAECONNREFUSED:
        return "refused: does a server listen on this port?";
    case WSAHOST_NOT_FOUND:
        return "no such host: is the name right?";
    default:
        return "look the number up among the Windows system error codes";
    }
}

/* The last colon ends the host: an IPv6 address has colons of its own, and may
   stand in brackets. */
static DWORD connect_to(TcpStream *stream, const char *address)
{
    char host[HOST_MAX];
    const char *colon = strrchr(address, ':');
    if (colon == NULL || colon == address || colon - address >= HOST_MAX)
        return ERROR_INVALID_NAME;
    size_t size = (size_t)(colon - address);
    if (*address == '[' && colon[-1] == ']') {
        address++;
        size -= 2;
    }
    memcpy(host, address, size);
    host[size] = '\0';
    return tcp_stream_connect(stream, host, colon + 1);
}

/* Writes what the stream takes, and the end behind the file's last byte.
   WSAEWOULDBLOCK: go on at the next WRITABLE. */
static DWORD send_file(Transfer *transfer)
{
    DWORD count;
    DWORD error;
    do {
        if (transfer->sent == transfer->size) {
            transfer->sent = 0;
            transfer->size = fread(transfer->block, 1, BLOCK, transfer->file);
            if (ferror(transfer->file))
                return ERROR_READ_FAULT;
            if (transfer->size == 0)
                return tcp_stream_shutdown(&transfer->stream);
        }
        error = tcp_stream_write(&transfer->stream,
                                 transfer->block + transfer->sent,
                                 transfer->size - transfer->sent, &count);
        transfer->sent += count;
    } while (error == 0);
    return error;
}

/* Prints what has arrived. WSAEWOULDBLOCK: go on at the next READABLE. */
static DWORD print_reply(TcpStream *stream)
{
    char buffer[CONNECTION_BUFFER];
    DWORD count;
    DWORD error;
    do {
        error = tcp_stream_read(stream, buffer, sizeof buffer, &count);
        if (fwrite(buffer, 1, count, stdout) != count)
            return ERROR_WRITE_FAULT;
    } while (error == 0 && count > 0);
    if (error == 0 && fflush(stdout) != 0)
        return ERROR_WRITE_FAULT;
    return error;
}

/* Until the server has ended. What it still sent is printed even if it didn't
   want the rest of the file. */
static DWORD exchange(Transfer *transfer, Poll *poll)
{
    Event list[2];
    Events events = {.list = list, .capacity = 2};
    TcpStream *stream = &transfer->stream;
    Registrator *registrator = &transfer->registrator;
    DWORD sending = WSAEWOULDBLOCK;
    DWORD reading = WSAEWOULDBLOCK;
    DWORD error =
        tcp_stream_register(stream, registrator, 0, READABLE | WRITABLE);
    while (error == 0 && reading == WSAEWOULDBLOCK) {
        error = poll_wait(poll, &events, INFINITE);
        for (ULONG i = 0; error == 0 && i < events.count; i++) {
            Interests ready = list[i].ready;
            if (ready == READABLE)
                reading = print_reply(stream);
            else
                sending = send_file(transfer);
            if ((ready == READABLE ? reading : sending) == WSAEWOULDBLOCK)
                error = tcp_stream_register(stream, registrator, 0, ready);
        }
    }
    if (error == 0)
        error = reading;
    if (error == 0)
        error = sending == WSAEWOULDBLOCK ? ERROR_HANDLE_EOF : sending;
    return error;
}

static DWORD send_to(Transfer *transfer, const char *address)
{
    Poll poll;
    DWORD error = connect_to(&transfer->stream, address);
    if (error != 0)
        return error;
    error = poll_create(&poll);
    if (error == 0) {
        error = poll_registrator(&poll, &transfer->registrator);
        if (error == 0)
            error = exchange(transfer, &poll);
    }
    tcp_stream_close(&transfer->stream);
    if (poll.loop != NULL) {
        poll_destroy(&poll);
        registrator_release(&transfer->registrator);
    }
    return error;
}

int transfer(const char *address, const wchar_t *file)
{
    Transfer transfer = {.file = _wfopen(file, L"rb")};
    DWORD error = ERROR_FILE_NOT_FOUND;
    const char *about = "the file";
    if (transfer.file != NULL) {
        about = address;
        _setmode(_fileno(stdout), _O_BINARY);
        error = send_to(&transfer, address);
        fclose(transfer.file);
    }
    if (error == 0)
        return 0;
    fprintf(stderr, "%s: %s (error %lu)\n", about, explain(error), error);
    return 1;
}
