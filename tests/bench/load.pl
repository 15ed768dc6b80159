# The clients of an echo server that runs under Wine, and the count of what it
# asks of Wine's server process meanwhile: each request is one write, and the
# kernel counts those. Prints one line of numbers.
# usage: load.pl busy CONNECTIONS[+IDLE] ECHOES COMMAND...   requests an echo, median
#                       and 99th percentile of an echo's time, in microseconds
#        load.pl pending ECHOES COMMAND...            requests an echo
#        load.pl idle CONNECTIONS COMMAND...          bytes a connection: resident; of a
#                       step: allocated by its layers, and by its program
# COMMAND prints the port of the loopback that it listens on, and is ended.
use strict;
use warnings;
use IO::Socket::INET;
use IPC::Open2;
use Socket qw(IPPROTO_TCP TCP_NODELAY SOL_SOCKET SO_LINGER);
use Time::HiRes qw(sleep time);

my (@clients, @silent);
my $message = 'x' x 64;
my $how = shift;
my ($connections, $idle) = $how eq 'pending' ? (1, 0) : (split(/\+/, shift), 0);
my $echoes = $how eq 'idle' ? 0 : shift;
my $pid = open2(my $said, my $asked, @ARGV);
$| = 1;
# Until the server has nothing left to do.
sub quiet {
    my $before = -1;
    for (1 .. 100) {
        last if $before == requests();
        $before = requests();
        sleep 0.3;
    }
}
# In order: Wine's server may trip over a process that ends with everything in use.
sub stop {
    close $_ for @clients, @silent;
    quiet();
    kill 'KILL', $pid;
    exit $_[0];
}
$SIG{ALRM} = sub { print STDERR "the server is silent\n"; stop(1) };
$SIG{__DIE__} = sub { print STDERR @_; stop(1) };
alarm 300;
my $port = readline($said) // '';
($port) = $port =~ /^(\d+)\s*$/ or die "the server says no port\n";

sub requests {
    open(my $io, '<', "/proc/$pid/io") or die "no counts: $!\n";
    return { map { /(\w+): (\d+)/ } <$io> }->{syscw};
}

# Resident, allocated by the layers, by the program.
sub memory {
    open(my $status, '<', "/proc/$pid/status") or die "no counts: $!\n";
    my @bytes = ({ map { /(\w+):\s+(\d+)/ } <$status> }->{RssAnon} * 1024);
    return @bytes unless grep { /step\d/ } @ARGV;
    syswrite($asked, "\n");
    return (@bytes, split ' ', readline($said));
}

sub gather {
    my ($wanted, $silent) = @_;
    while (@clients < $wanted) {
        my $s = IO::Socket::INET->new(PeerAddr => '127.0.0.1', PeerPort => $port) or die "connecting: $!\n";
        setsockopt($s, IPPROTO_TCP, TCP_NODELAY, 1);
        setsockopt($s, SOL_SOCKET, SO_LINGER, pack('ii', 1, 0));
        push @clients, $s;
        echo($s) if $silent; # so that the server has seen it
    }
}
sub say_to { syswrite($_[0], $message) == length $message or die "sending: $!\n" }
sub hear {
    my $got = 0;
    while ($got < length $message) {
        my $count = sysread($_[0], my $bytes, 64 - $got) or die "the server has hung up\n";
        $got += $count;
    }
}
sub echo { say_to($_[0]); hear($_[0]) }

if ($how eq 'pending') {
    gather(1);
    my $before;
    for my $i (-20 .. $echoes - 1) {
        sleep 0.002; # by now it waits
        $before = requests() if $i == 0;
        echo($clients[0]);
    }
    sleep 0.01;
    printf "%.2f\n", (requests() - $before) / $echoes;
} elsif ($how eq 'idle') {
    gather(500, 1); # what the first ones take is the program's
    sleep 2;
    my @before = memory();
    gather(500 + $connections, 1);
    sleep 3;
    my @after = memory();
    print join(' ', map { int(($after[$_] - $before[$_]) / $connections) } 0 .. $#after), "\n";
} else {
    gather($idle, 1);
    @silent = splice @clients;
    sleep 2 if $idle; # until their buffers are back
    quiet();
    gather($connections);
    # Perl's own poll looks at all of them each time.
    my ($create, $wait, $control) = (291, 232, 233);
    my $poll = syscall($create, 0);
    my (@sent, @times);
    my $count = -10 * $connections; # until the server is through with accepting
    my $before;
    for my $i (0 .. $#clients) {
        my $event = pack('LLL', 1, $i, 0); # EPOLLIN
        syscall($control, $poll, 1, fileno($clients[$i]), $event) == 0 or die "epoll: $!\n";
        $sent[$i] = time;
        say_to($clients[$i]);
    }
    while ($count < $echoes) {
        my $events = "\0" x (12 * 64);
        my $ready = syscall($wait, $poll, $events, 64, -1);
        for my $n (0 .. $ready - 1) {
            my $i = unpack('x4L', substr($events, 12 * $n, 12));
            hear($clients[$i]);
            my $now = time;
            push @times, $now - $sent[$i] if $count >= 0;
            $sent[$i] = $now;
            say_to($clients[$i]);
            $before = requests() if ++$count == 0;
        }
    }
    my $requests = (requests() - $before) / $count;
    @times = sort { $a <=> $b } @times;
    printf "%.2f %d %d\n", $requests, 1e6 * $times[@times / 2], 1e6 * $times[@times * 0.99];
}
stop(0);
