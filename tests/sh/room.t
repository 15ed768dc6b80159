#!/bin/sh
# The room of step 11 under Windows' calls and, the same text but for a header,
# under Linux's epoll: what its members hear is the same, whether they are its own
# guests or programs from outside that we didn't build.
. tests/tap.sh

step=$(echo step11-*)
program=$step/$STEP_BUILD/readiness.exe
wine=wine
[ "${OS:-}" = Windows_NT ] && wine=

server=
trap '[ -z "$server" ] || kill "$server" 2>/dev/null; rm -rf "$scratch"' EXIT

native=
if [ "$(uname -s)" = Linux ] && command -v cc >/dev/null; then
    native=$scratch/room
    cc -std=c11 -D_GNU_SOURCE -Wall -Wextra -Werror -Itests/native -o "$native" \
        "$step/main.c" "$step/room.c" "$step/guests.c" 2>"$scratch/err"
    ok $? 'the same main.c, room.c and guests.c compile for epoll'
    sed 's/^/# /' "$scratch/err"
else
    skip 'the same text compiles for epoll' 'no Linux, or no cc'
fi

# shellcheck disable=SC2086 # empty on Windows
timeout -k 5 30 $wine "$program" 2>/dev/null | tr -d '\r' >"$scratch/ours"
ok "$([ -s "$scratch/ours" ] && echo 0 || echo 1)" 'the demonstration runs'
if [ -n "$native" ]; then
    timeout 30 "$native" >"$scratch/native"
    same "$scratch/ours" "$scratch/native" 'and prints the same over epoll'
else
    skip 'and prints the same over epoll' 'not compiled'
fi

# Members from outside: two by TCP, one by UDP; one who says too much without a
# line's end, one who says nothing and goes. Prints what they hear.
cat >"$scratch/members.pl" <<'END'
use strict;
use IO::Socket::INET;
$SIG{ALRM} = sub { print "nothing more comes\n"; exit 1 };
alarm 20;
my $port = shift;
my $quiet;
sub tcp {
    return IO::Socket::INET->new(PeerAddr => "127.0.0.1:$port") || die "$!\n";
}
# Reads as many lines from one of them.
sub hear {
    my ($who, $socket, $lines) = @_;
    for (1 .. $lines) { print "$who hears: ", scalar <$socket> }
}
sub hear_datagram {
    my ($who, $socket) = @_;
    $socket->recv(my $text, 1000);
    print "$who hears: $text";
}
my $eva = tcp();
print $eva "E";     # a name in pieces
$eva->flush;
select(undef, undef, undef, 0.1);
print $eva "va\r\n";
$eva->flush;
hear('Eva', $eva, 1);
my $udp = IO::Socket::INET->new(Proto => 'udp', PeerAddr => "127.0.0.1:$port");
$udp->send("Udo");
hear_datagram('Udo', $udp);
hear('Eva', $eva, 1);
my $max = tcp();
print $max "Max\nfirst\nsecond\n";
$max->flush;
hear('Max', $max, 1);
hear('Eva', $eva, 3);
hear_datagram('Udo', $udp) for 1 .. 3;
$udp->send("bell \x07 and escape \x1b");
hear('Eva', $eva, 1);
hear('Max', $max, 1);
my $shy = tcp();
close $shy;
my $loud = tcp();
print $loud "x" x 10_000;
$loud->flush;
print "the loud one is shown out\n" if !defined(<$loud>);
close $max;
hear('Eva', $eva, 1);
hear_datagram('Udo', $udp);
$udp->send('');
hear('Eva', $eva, 1);
kill 'INT', shift;
hear('Eva', $eva, 1);
print "and that is all\n" if !defined(<$eva>);
END

# opened LOG COMMAND...: runs a room at a port that is free: $server at $port.
port=$((20000 + $$ % 20000))
opened() {
    log=$1
    shift
    for _ in 1 2 3 4 5 6 7 8; do
        port=$((port + 1))
        "$@" -l "$port" >"$log" 2>/dev/null &
        server=$!
        while kill -0 "$server" 2>/dev/null; do
            sleep 0.2
            ! grep -q Ctrl "$log" || return
        done
    done
}
# visited NAME COMMAND...: what the members hear of the room that this runs.
visited() {
    name=$1
    shift
    opened "$scratch/server" "$@"
    perl "$scratch/members.pl" "$port" "$server" >"$scratch/$name" 2>&1
    ok $? "members from outside talk in the room, $name"
    wait "$server"
    ok $? 'and Ctrl+C ends it in order'
    server=
}

if [ -z "$wine" ]; then
    skip 'members from outside' 'no signals on Windows'
else
    visited windows wine "$program"
    ok "$(grep -q 'Udo: bell ? and escape ?' "$scratch/windows" && echo 0 || echo 1)" \
        "what a terminal would obey doesn't come through"
    if [ -n "$native" ]; then
        visited epoll "$native"
        same "$scratch/windows" "$scratch/epoll" 'they hear the same over epoll'
    fi
fi

# A room beside another one.
if [ -n "$wine" ]; then
    first=
    trap 'kill $first $server 2>/dev/null; rm -rf "$scratch"' EXIT
    opened "$scratch/first" wine "$program"
    first=$server first_port=$port
    opened "$scratch/second" wine "$program"
    ok "$(grep -q "pipe.room-$first_port," "$scratch/first" &&
        grep -q "pipe.room-$port," "$scratch/second" && echo 0 || echo 1)" \
        'two rooms at two ports have two pipes'
    timeout -k 5 30 wine "$program" 2>/dev/null | tr -d '\r' >"$scratch/beside"
    same "$scratch/ours" "$scratch/beside" 'and neither is where the guests of a third go'
    for taken in "$port" nonsense 99999; do
        timeout -k 5 30 wine "$program" -l "$taken" 2>&1 >/dev/null | tr -d '\r' >"$scratch/said"
        ok "$(grep -q "^port $taken: .* Take another PORT (error [0-9]*)\$" "$scratch/said" && echo 0 || echo 1)" \
            "at port $taken there can be none, and it says so"
    done
    kill -INT "$first" "$server"
    wait "$first" && wait "$server"
    ok $? 'Ctrl+C ends both'
    first='' server=''
else
    skip 'two rooms at two ports' 'no signals on Windows'
fi

# shellcheck disable=SC2086 # empty on Windows
timeout -k 5 30 $wine "$program" nonsense 2>"$scratch/usage"
ok "$([ $? -eq 2 ] && grep -q '^usage:' "$scratch/usage" && echo 0 || echo 1)" \
    'an argument that makes no sense gets the usage, and status 2'
done_testing
