#!/usr/bin/perl
# A small blog engine of the kind that owners host themselves: entries in SQLite, pages rebuilt at each post.
#
#   blog.cgi?do=post            adds an entry, rebuilds the static pages
#   blog.cgi?do=read[&id=N]     shows one entry (the newest without an id)
#
# What the engine knows to go wrong (Blog::Error) is shown on a page, with status 200, as many engines do.
# Anything else ends the script before it has printed a header: the web server makes a 500 of it.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Blog::Config;
use Blog::Publish;
use Blog::Store;

my %do = (post => \&post, read => \&read_entry);

my %asked = map { (split /=/, $_, 2)[0, 1] } grep { /=/ } split /[&;]/, $ENV{QUERY_STRING} // '';
my $config = Blog::Config::load("$FindBin::Bin/../blog.conf");
my $action = $do{ $asked{do} // 'read' } or die "no such action\n";

my $page = eval { $action->() };
if (my $error = $@) {
    die $error unless ref $error && $error->isa('Blog::Error');
    $page = page('Error', "<h1>Error</h1>\n<p class=\"error\">An error occurred: $error->{text}</p>");
}
print "Content-Type: text/html; charset=utf-8\r\n\r\n$page";

sub post {
    my $store = Blog::Store->open($config->{data});
    my $entry = $store->add(title => $asked{title}, text => $asked{text});
    warn "entry $entry->{id} has no category; filed under 'misc'\n" if $entry->{id} % 4 == 0;
    $store->forget_old($config->{keep_entries});
    my $pages = Blog::Publish::rebuild($config, $store, $entry);
    Blog::Publish::ping($config->{ping_host}) if $config->{ping_host};
    return page($entry->{title}, "<h1>Saved</h1>\n<p>Entry $entry->{id} is published; $pages pages rebuilt.</p>");
}

sub read_entry {
    my $entry = Blog::Store->open($config->{data})->find($asked{id})
        or return page('Not found', '<h1>No such entry</h1>');
    return page($entry->{title}, "<h1>$entry->{title}</h1>\n" . Blog::Publish::formatted($entry->{text}));
}

sub page {
    my ($title, $body) = @_;
    return "<!DOCTYPE html>\n<html><head><title>$title</title></head>\n<body>\n$body\n</body></html>\n";
}
