package Blog::Config;
# blog.conf: "key = value" lines. The environment's BLOG_KEY (SetEnv in the web server) goes before the file.
use strict;
use warnings;

sub load {
    my ($path) = @_;
    open my $file, '<', $path or die "cannot read $path: $!\n";
    my %config = map { /^\s*(\w+)\s*=\s*(.*?)\s*$/ ? ($1 => $2) : () } <$file>;
    close $file;
    for my $key (keys %config) {
        my $name = 'BLOG_' . uc $key;
        $config{$key} = $ENV{$name} if defined $ENV{$name};
    }
    return \%config;
}

1;
