# busybox httpd on a port that is free, which it doesn't look for itself, nor say.
# usage: busybox.pl LIBRARY FOLDER   LIBRARY is reap.c's
use strict;
use warnings;
use IO::Socket::INET;
use Time::HiRes qw(sleep);

my ($library, $folder) = @ARGV;
my $free = IO::Socket::INET->new(Listen => 1, LocalAddr => '127.0.0.1') or die "no port: $!\n";
my $at = '127.0.0.1:' . $free->sockport;
close $free;
if (fork == 0) {
    sleep 0.05 until IO::Socket::INET->new($at) || getppid == 1;
    print $at =~ s/.*://r, "\n";
    exit;
}
$ENV{LD_PRELOAD} = $library;
exec 'busybox', 'httpd', '-f', '-p', $at, '-h', $folder or die "busybox: $!\n";
