# The clients of a server that runs under Wine, and the count of what it asks of
# Wine's server process meanwhile: each request is one write, and the kernel counts
# those. Prints one line of numbers.
# usage: load.pl busy CONNECTIONS[+IDLE] ECHOES COMMAND...   requests an echo, median
#                       and 99th percentile of an echo's time, in microseconds
#        load.pl pending ECHOES COMMAND...            requests an echo
#        load.pl idle CONNECTIONS COMMAND...          bytes a connection: resident; of a
#                       step: allocated by its layers, and by its program
#        load.pl http CONNECTIONS RESPONSES TARGET COMMAND...   requests a response,
#                       and microseconds of CPU: the server's with its children's,
#                       and those of Wine's server process (0 for no Windows program);
#                       ONE_CPU=N: all on that one
# COMMAND prints the port of the loopback that it listens on, and is ended.
use strict;
use warnings;
use IO::Socket::INET;
use IPC::Open2;
use Socket qw(IPPROTO_TCP TCP_NODELAY SOL_SOCKET SO_LINGER);
use POSIX ();
use Time::HiRes qw(sleep time);

my (@clients, @silent);
my $message = 'x' x 64;
my $size = 64; # bytes of the answer
my $closes;    # a server that ends the connection after each
my $how = shift;
my ($connections, $idle) = $how eq 'pending' ? (1, 0) : (split(/\+/, shift), 0);
my $echoes = $how eq 'idle' ? 0 : shift;
$message = "GET " . shift() . " HTTP/1.1\r\nHost: localhost\r\n\r\n" if $how eq 'http';
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
($port) = $port =~ /^(?:serving at .*:)?(\d+)\D*$/ or die "the server says no port\n";

sub requests {
    open(my $io, '<', "/proc/$pid/io") or die "no counts: $!\n";
    return { map { /(\w+): (\d+)/ } <$io> }->{syscw};
}

# Microseconds, of processes with those of their children that have ended.
sub cpu {
    my $ticks = 0;
    for (@_) {
        open(my $stat, '<', "/proc/$_/stat") or die "no times: $!\n";
        my @fields = split ' ', <$stat> =~ s/.*\)//sr;
        $ticks += $_ for @fields[11 .. 14];
    }
    return 1e6 * $ticks / POSIX::sysconf(POSIX::_SC_CLK_TCK());
}

# Wine's server process for the prefix, and there is none if it isn't Wine's.
sub wineserver {
    return if $ARGV[0] ne 'wine';
    return grep { slurp("/proc/$_/comm") =~ /^wineserver/ && index(slurp("/proc/$_/environ"), "WINEPREFIX=$ENV{WINEPREFIX}\0") >= 0 }
        map { m|(\d+)| } glob '/proc/[0-9]*';
}
sub slurp { open(my $file, '<', $_[0]) or return ''; local $/; <$file> // '' }

# Resident, allocated by the layers, by the program.
sub memory {
    open(my $status, '<', "/proc/$pid/status") or die "no counts: $!\n";
    my @bytes = ({ map { /(\w+):\s+(\d+)/ } <$status> }->{RssAnon} * 1024);
    return @bytes unless grep { /step\d/ } @ARGV;
    syswrite($asked, "\n");
    return (@bytes, split ' ', readline($said));
}

sub client {
    my $s = IO::Socket::INET->new(PeerAddr => '127.0.0.1', PeerPort => $port) or die "connecting: $!\n";
    setsockopt($s, IPPROTO_TCP, TCP_NODELAY, 1);
    setsockopt($s, SOL_SOCKET, SO_LINGER, pack('ii', 1, 0));
    return $s;
}
sub gather {
    my ($wanted, $silent) = @_;
    while (@clients < $wanted) {
        push @clients, client();
        echo($clients[-1]) if $silent; # so that the server has seen it
    }
}
# How long an answer is, and whether another may be asked for: each is as the first.
sub look_at_answer {
    my $s = client();
    my $head = '';
    say_to($s);
    while ($head !~ /\r\n\r\n/) {
        sysread($s, $head, 4096, length $head) or die "the server has hung up\n";
    }
    ($head) = $head =~ /^(HTTP.* 200 .*?\r\n\r\n)/s or die "the server answers: $head\n";
    $head =~ /^Content-Length: (\d+)/mi or die "the server says no length: $head\n";
    $size = length($head) + $1;
    $closes = $head =~ /^Connection: close/mi;
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
    look_at_answer() if $how eq 'http';
    gather($connections);
    my @wineserver = wineserver();
    # What one CPU has to do to wake another isn't the server's.
    system("taskset -apc $ENV{ONE_CPU} $_ >/dev/null 2>&1") for defined $ENV{ONE_CPU} ? ($$, $pid, @wineserver) : ();
    # Perl's own poll looks at all of them each time.
    my ($create, $wait, $control) = (291, 232, 233);
    my $poll = syscall($create, 0);
    my (@sent, @times, @got);
    my $count = -10 * $connections; # until the server is through with accepting
    my ($before, $cpu, $wine_cpu);
    my $start = sub {
        my $i = shift;
        my $event = pack('LLL', 1, $i, 0); # EPOLLIN
        syscall($control, $poll, 1, fileno($clients[$i]), $event) == 0 or die "epoll: $!\n";
    };
    my $ask = sub {
        my $i = shift;
        $got[$i] = 0;
        say_to($clients[$i]);
    };
    for my $i (0 .. $#clients) {
        $start->($i);
        $sent[$i] = time;
        $ask->($i);
    }
    while ($count < $echoes) {
        my $events = "\0" x (12 * 64);
        my $ready = syscall($wait, $poll, $events, 64, -1);
        for my $n (0 .. $ready - 1) {
            my $i = unpack('x4L', substr($events, 12 * $n, 12));
            $got[$i] += sysread($clients[$i], my $bytes, $size - $got[$i]) || die "the server has hung up\n";
            next if $got[$i] < $size;
            if ($closes) {
                close $clients[$i];
                $clients[$i] = client();
                $start->($i);
            }
            my $now = time;
            push @times, $now - $sent[$i] if $count >= 0;
            $sent[$i] = $now;
            $ask->($i);
            ($before, $cpu, $wine_cpu) = (requests(), cpu($pid), cpu(@wineserver)) if ++$count == 0;
        }
    }
    my $requests = (requests() - $before) / $count;
    if ($how eq 'http') {
        printf "%.2f %d %d\n", $requests, (cpu($pid) - $cpu) / $count, (cpu(@wineserver) - $wine_cpu) / $count;
    } else {
        @times = sort { $a <=> $b } @times;
        printf "%.2f %d %d\n", $requests, 1e6 * $times[@times / 2], 1e6 * $times[@times * 0.99];
    }
}
stop(0);
