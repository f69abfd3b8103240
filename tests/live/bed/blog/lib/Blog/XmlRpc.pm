package Blog::XmlRpc;
# XML-RPC (xmlrpc.com/spec.md) without an XML parser: what weblog clients send, and what they are answered.
# All text is UTF-8 octets, in and out.
use strict;
use warnings;
use Blog::Error;

my %ENTITY = (lt => '<', gt => '>', amp => '&', quot => '"', apos => "'");

# Returns the method's name and its parameters: strings, array references and hash references.
sub read_call {
    my ($xml) = @_;
    $xml =~ s/<!\[CDATA\[(.*?)\]\]>/escaped($1)/gse;
    $xml =~ s/<!--.*?-->//gs;
    $xml =~ s{<([\w.]+)\s*/>}{<$1></$1>}g;
    $xml =~ m{<methodName>\s*([\w.]+)\s*</methodName>}g or bad();
    my $method = $1;
    my @parameters;
    $xml =~ /\G\s*<params>/gc;
    while ($xml =~ /\G\s*<param>/gc) {
        push @parameters, value(\$xml);
        $xml =~ m{\G\s*</param>}gc or bad();
    }
    return ($method, @parameters);
}

sub value {
    my ($in) = @_;
    $$in =~ /\G\s*<value>/gc or bad();
    return unescaped($1) if $$in =~ m{\G([^<]*)</value>}gc;    # a string may go without its type
    $$in =~ /\G\s*<([\w.]+)>/gc or bad();
    my $type = $1;
    my $value = $type eq 'struct' ? struct($in) : $type eq 'array' ? array($in) : text($in);
    $$in =~ m{\G\s*</\Q$type\E>\s*</value>}gc or bad();
    return $value;
}

sub struct {
    my ($in) = @_;
    my %struct;
    while ($$in =~ m{\G\s*<member>\s*<name>([^<]*)</name>}gc) {
        my $name = unescaped($1);
        $struct{$name} = value($in);
        $$in =~ m{\G\s*</member>}gc or bad();
    }
    return \%struct;
}

sub array {
    my ($in) = @_;
    my @array;
    $$in =~ /\G\s*<data>/gc or bad();
    push @array, value($in) while $$in =~ /\G\s*(?=<value>)/gc;
    $$in =~ m{\G\s*</data>}gc or bad();
    return \@array;
}

sub text {
    my ($in) = @_;
    $$in =~ /\G([^<]*)/gc;
    return unescaped($1);
}

sub bad { Blog::Error->throw('that is no XML-RPC call') }

# What is answered: plain scalars are strings; [boolean => 1] and the like give the type.
sub answer {
    my ($value) = @_;
    return qq{<?xml version="1.0" encoding="UTF-8"?>\n<methodResponse><params><param>}
        . written($value) . "</param></params></methodResponse>\n";
}

sub fault {
    my ($code, $text) = @_;
    return qq{<?xml version="1.0" encoding="UTF-8"?>\n<methodResponse><fault>}
        . written({ faultCode => [int => $code], faultString => $text }) . "</fault></methodResponse>\n";
}

sub list { return { '' => [@_] } }

sub written {
    my ($value) = @_;
    return '<value><string>' . escaped($value) . '</string></value>' unless ref $value;
    return "<value><$value->[0]>" . escaped($value->[1]) . "</$value->[0]></value>" if ref $value eq 'ARRAY';
    return '<value><array><data>' . join('', map { written($_) } @{ $value->{''} }) . '</data></array></value>'
        if exists $value->{''};
    my @members = map { "<member><name>$_</name>" . written($value->{$_}) . '</member>' } sort keys %$value;
    return "<value><struct>@members</struct></value>";
}

sub escaped {
    my ($text) = @_;
    $text =~ s/&/&amp;/g;
    $text =~ s/</&lt;/g;
    $text =~ s/>/&gt;/g;
    return $text;
}

sub unescaped {
    my ($text) = @_;
    $text =~ s/&(?:#(\d+)|#x([0-9A-Fa-f]+)|(\w+));/defined $3 ? $ENTITY{$3} \/\/ bad() : octets($1 \/\/ hex $2)/ge;
    return $text;
}

sub octets {
    my ($text) = chr $_[0];
    utf8::encode($text);
    return $text;
}

1;
