package Blog::Error;
# What the engine expects to go wrong at times and shows to its user on a page.
use strict;
use warnings;

sub throw {
    my ($class, $text) = @_;
    die bless { text => $text }, $class;
}

1;
