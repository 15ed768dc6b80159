# The clients of an echo server that runs under Wine, and the count of what it
# asks of Wine's server process meanwhile: each request is one write, and the
# kernel counts those. Prints one line of numbers.
# usage: load.pl busy CONNECTIONS ECHOES COMMAND...   requests an echo, median and
#                       99th percentile of an echo's time, in microseconds
#        load.pl many CONNECTIONS ECHOES COMMAND...   requests an echo, all in turn
#        load.pl pending ECHOES COMMAND...            requests an echo
#        load.pl idle CONNECTIONS COMMAND...          bytes a connection: resident; of a
#                       step: allocated by its layers, and by its program
# COMMAND prints the port of the loopback that it listens on, and is ended.
use strict;
use warnings;
use IO::Poll qw(POLLIN);
use IO::Socket::INET;
use IPC::Open2;
use Socket qw(IPPROTO_TCP TCP_NODELAY SOL_SOCKET SO_LINGER);
use Time::HiRes qw(sleep time);

my @clients;
my $message = 'x' x 64;
my $how = shift;
my $connections = $how eq 'pending' ? 1 : shift;
my $echoes = $how eq 'idle' ? 0 : shift;
my $pid = open2(my $said, my $asked, @ARGV);
$| = 1;
# In order: Wine's server may trip over a process that ends with everything in use.
sub stop {
    close $_ for @clients;
    sleep 0.3;
    kill 'KILL', $pid;
    exit $_[0];
}
$SIG{ALRM} = sub { print STDERR "the server is silent\n"; stop(1) };
$SIG{__DIE__} = sub { print STDERR @_; stop(1) };
alarm 90;
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
    my ($wanted) = @_;
    while (@clients < $wanted) {
        my $s = IO::Socket::INET->new(PeerAddr => '127.0.0.1', PeerPort => $port) or die "connecting: $!\n";
        setsockopt($s, IPPROTO_TCP, TCP_NODELAY, 1);
        setsockopt($s, SOL_SOCKET, SO_LINGER, pack('ii', 1, 0));
        push @clients, $s;
        echo($s) if $how eq 'idle'; # so that the server has seen it
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
    gather(500); # what the first ones take is the program's
    sleep 2;
    my @before = memory();
    gather(500 + $connections);
    sleep 3;
    my @after = memory();
    print join(' ', map { int(($after[$_] - $before[$_]) / $connections) } 0 .. $#after), "\n";
} elsif ($how eq 'many') {
    gather($connections);
    say_to($_) for @clients;
    my $rounds = int($echoes / $connections);
    my $before;
    for my $round (0 .. $rounds) {
        $before = requests() if $round == 1;
        for my $s (@clients) { hear($s); say_to($s) }
    }
    printf "%.2f\n", (requests() - $before) / ($rounds * $connections);
} else {
    gather($connections);
    my $poll = IO::Poll->new;
    my %sent;
    my @times;
    my $count = -20 * $connections; # to warm up
    my $before;
    $poll->mask($_ => POLLIN) for @clients;
    for my $s (@clients) { $sent{$s} = time; say_to($s) }
    while ($count < $echoes) {
        $poll->poll;
        for my $s ($poll->handles(POLLIN)) {
            hear($s);
            my $now = time;
            push @times, $now - $sent{$s} if $count >= 0;
            $sent{$s} = $now;
            say_to($s);
            $before = requests() if ++$count == 0;
        }
    }
    my $requests = (requests() - $before) / $count;
    @times = sort { $a <=> $b } @times;
    printf "%.2f %d %d\n", $requests, 1e6 * $times[@times / 2], 1e6 * $times[@times * 0.99];
}
stop(0);
