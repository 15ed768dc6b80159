# Clients of a web server: busy ones, alone and then beside idle ones that keep their
# connections. Prints how much longer the median of a response's time is then.
# usage: idle-and-busy.pl PORT TARGET IDLE BUSY ROUNDS
use strict;
use warnings;
use IO::Select;
use IO::Socket::INET;
use Time::HiRes qw(time);

my ($port, $target, $idle, $busy, $rounds) = @ARGV;
my $request = "GET $target HTTP/1.1\r\nHost: x\r\n\r\n";
$SIG{ALRM} = sub { die "the server is silent\n" };
alarm 240;

sub hello { return IO::Socket::INET->new(PeerAddr => "127.0.0.1:$port") || die "connecting: $!\n" }
sub say_to { syswrite($_[0], $request) == length $request or die "sending: $!\n" }
# The whole answer, whose length the first one tells.
my $length;
sub hear {
    my ($s) = @_;
    my $answer = '';
    while (!$length || length $answer < $length) {
        sysread($s, $answer, 65536, length $answer) or die "the server has hung up\n";
        $answer =~ /^HTTP\/1\.1 200 / or die "refused: $answer\n";
        $length = $+[0] + $1
            if !$length && $answer =~ /\r\nContent-Length: (\d+)\r\n(?:.+\r\n)*\r\n/;
    }
    length $answer == $length or die "an answer of another length\n";
}

my @busy = map { hello() } 1 .. $busy;
sub median {
    my $ready = IO::Select->new(@busy);
    my (%since, @times);
    for (@busy) { $since{$_} = time; say_to($_) }
    while (@times < $rounds * $busy) {
        for my $s ($ready->can_read) {
            hear($s);
            push @times, time - $since{$s};
            $since{$s} = time;
            say_to($s);
        }
    }
    hear($_) for @busy;
    return (sort { $a <=> $b } @times)[@times / 2];
}

median(); # to warm up
my $alone = median();
my @idle;
while (@idle < $idle) {
    my $s = hello();
    say_to($s);
    hear($s);
    push @idle, $s;
}
my ($beside, $other) = (median(), median());
$beside = $other if $other < $beside;
# All of them are still served.
for (@idle) { say_to($_); hear($_) }
# This machine may do something else meanwhile: the better of two, alone once more.
close $_ for @idle;
sleep 1;
my $again = median();
$alone = $again if $again > $alone;
printf "%.2f\n", $beside / $alone;
