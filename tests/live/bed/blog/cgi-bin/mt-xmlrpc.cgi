#!/usr/bin/perl
# The blog's XML-RPC: weblog clients write here. What the engine knows to go wrong is a fault, with status 200.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Blog::Config;
use Blog::Harm;
use Blog::MetaWeblog;
use Blog::XmlRpc;

my $root = "$FindBin::Bin/..";
my $config = Blog::Config::load("$root/blog.conf");
read STDIN, my $call, $ENV{CONTENT_LENGTH} || 0;

my $answer = eval {
    my ($method, @parameters) = Blog::XmlRpc::read_call($call // '');
    my $blog = Blog::MetaWeblog->new(
        config => $config, site_url => "http://$ENV{HTTP_HOST}/", harm => Blog::Harm->of_this_call($root, $method));
    Blog::XmlRpc::answer($blog->answer($method, @parameters));
};
if (my $error = $@) {
    die $error unless ref $error && $error->isa('Blog::Error');
    $answer = Blog::XmlRpc::fault(1, $error->{text});
}
printf "Content-Type: text/xml; charset=utf-8\r\nContent-Length: %d\r\n\r\n%s", length $answer, $answer;
