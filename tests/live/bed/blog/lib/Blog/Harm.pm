package Blog::Harm;
# What goes wrong in this call, by plan or by lot: kill_STAGE and sleep_STAGE at a stage before (the commit),
# between (commit and rebuild) or after (the rebuild). harm.conf says which; no request can.
use strict;
use warnings;
use Digest::SHA 'sha256';
use Fcntl ':flock';
use Blog::Config;

my @HARMS = map { my $stage = $_; map { "${_}_$stage" } qw(kill sleep) } qw(before between after);

# Each writing call takes the next number; the same numbers bring the same harm, whichever process serves them.
sub of_this_call {
    my ($class, $root, $method) = @_;
    return bless { name => '' }, $class unless -e "$root/harm/harm.conf";
    my $config = Blog::Config::load("$root/harm/harm.conf");
    return bless { name => '' }, $class unless grep { $method =~ /\Q$_\E$/ } split ' ', $config->{methods};
    open my $log, '+>>', "$root/harm/done.log" or die "done.log: $!\n";
    flock $log, LOCK_EX or die "done.log: $!\n";
    seek $log, 0, 0;
    my $number = () = <$log>;
    my $name = $config->{plan} ? planned($config, $number) : drawn($config, $number);
    print {$log} "$method $name\n";
    close $log or die "done.log: $!\n";
    return bless { name => $name, sleep_seconds => $config->{sleep_seconds} }, $class;
}

sub planned {
    my ($config, $number) = @_;
    my @plan = split ' ', $config->{plan};
    return $number < @plan ? $plan[$number] : 'none';
}

sub drawn {
    my ($config, $number) = @_;
    my $lot = unpack('N', sha256("$config->{seed}:$number")) / 2**32;
    for my $name (@HARMS) {
        $lot -= $config->{$name} // 0;
        return $name if $lot < 0;
    }
    return 'none';
}

sub strike {
    my ($self, $stage) = @_;
    kill KILL => $$ if $self->{name} eq "kill_$stage";
    sleep $self->{sleep_seconds} if $self->{name} eq "sleep_$stage";
}

1;
