#!/usr/bin/perl
# Says who answers, and whether names resolve: every request asks the DNS first, as a blog with reverse look-ups does.
use strict;
use warnings;
use Socket ();

open my $uptime, '<', '/proc/uptime' or die "uptime: $!";
my ($seconds) = split ' ', <$uptime>;
open my $hostname, '<', '/etc/hostname' or die "hostname: $!";
chomp(my $name = <$hostname>);
my $address = gethostbyname 'dns1.lab.test';
my $found = defined $address ? Socket::inet_ntoa($address) : 'nothing';
print "Content-Type: text/plain\r\n\r\nhost $name uptime $seconds dns1 $found\n";
