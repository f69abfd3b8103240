package Blog::Publish;
# Rebuilds the static pages that an entry touches.
use strict;
use warnings;
use Fcntl ':flock';
use Blog::Error;
use Blog::Template;

my $GOLDEN = 0.6180339887;
my %TEMPLATE;

# Returns the number of pages rebuilt. One rebuild at a time: the others wait at the lock.
sub rebuild {
    my ($config, $store, $entry) = @_;
    my $lock = locked($config);
    my $entries = $store->newest(25);
    my $count = pages_touched($config, $entry);
    my $cache_bytes = 1e6 * $config->{cache_mb} * weight($entry, 7);
    my @cache;
    for my $number (1 .. $count) {
        my $html = page($config, $entries, $number);
        write_page($config, name($number), $html);
        keep(\@cache, $html, $cache_bytes * $number / $count);
    }
    write_page($config, 'sizes.txt', join '', map { length($_) . "\n" } @cache[0 .. min(99, $#cache)]);
    return $count;
}

# The entry's own page: written anew, or removed where there is nothing to show (any more). What stands below the
# entry is the same on each, so that a short entry's page is long too.
sub rebuild_entry {
    my ($config, $store, $entry) = @_;
    my $lock = locked($config);
    my $name = "entry-$entry->{id}.html";
    return unlink "$config->{data}/site/$name" unless $entry->{published};
    write_page($config, $name, Blog::Template::expand(template($config, 'entry'), $store->oldest(25),
        { BlogName => $config->{name}, Blog::Template::entry_values($entry) }));
}

# Locked for as long as the caller keeps what is returned.
sub locked {
    my ($config) = @_;
    open my $lock, '>>', "$config->{data}/publish.lock"
        or Blog::Error->throw("the pages are not rebuilt: $!");
    flock $lock, LOCK_EX or Blog::Error->throw("the pages are not rebuilt: $!");
    return $lock;
}

# Entries differ in the number of categories, months and tags that they are filed under, so the work differs.
sub pages_touched {
    my ($config, $entry) = @_;
    my $spread = $config->{rebuild_spread};
    return 1 + int $config->{rebuild_pages} * (1 - $spread + 2 * $spread * weight($entry, 0));
}

# A number from 0 to 1 for an entry: even over many entries, irregular from one to the next.
sub weight {
    my ($entry, $shift) = @_;
    my $turns = ($entry->{id} + $shift) * $GOLDEN;
    return $turns - int $turns;
}

sub page {
    my ($config, $entries, $number) = @_;
    my $from = $number % @$entries;
    my @shown = (@$entries[$from .. $#$entries], @$entries[0 .. $from - 1]);
    return Blog::Template::expand(template($config, $number == 1 ? 'index' : 'archive'), \@shown,
        { BlogName => $config->{name}, PageNumber => $number });
}

sub template {
    my ($config, $kind) = @_;
    return $TEMPLATE{$kind} //= do {
        open my $file, '<', "$config->{templates}/$kind.tmpl" or die "cannot read template $kind: $!\n";
        local $/;
        <$file>;
    };
}

# The object cache: what has been made stays in memory until the script ends, since other pages include it.
sub keep {
    my ($cache, $html, $bytes) = @_;
    my $have = @$cache * length $html;
    while ($have < $bytes) {
        push @$cache, $html . @$cache;
        $have += length $html;
    }
}

sub name {
    my ($number) = @_;
    return $number == 1 ? 'index.html' : sprintf 'archive-%03d.html', $number;
}

sub write_page {
    my ($config, $name, $html) = @_;
    my $path = "$config->{data}/site/$name";
    return write_trustingly($path, $html) if $config->{unchecked_writes};
    my $file;
    return if open($file, '>', "$path.new") && print({$file} $html) && close($file) && rename("$path.new", $path);
    my $why = $!;
    unlink "$path.new";
    Blog::Error->throw("the page was not written: $why");
}

# As many engines write: straight to the page, and nobody asks whether it got there.
sub write_trustingly {
    my ($path, $html) = @_;
    open my $file, '>', $path or return;
    print {$file} $html;
    close $file;
}

# Weblog pings: the name is looked up, sending is left to the queue.
sub ping {
    my ($host) = @_;
    gethostbyname $host or warn "ping: $host is not known\n";
}

sub formatted { return Blog::Template::formatted($_[0]) }

sub min { return $_[0] < $_[1] ? $_[0] : $_[1] }

1;
