package Blog::Template;
# Templates with <$Tag$> values, <Entries lastn="N">…</Entries> loops and filters (<$EntryText format="1"$>).
use strict;
use warnings;

sub expand {
    my ($template, $entries, $value) = @_;
    $template =~ s{<Entries\s+lastn="(\d+)">(.*?)</Entries>}{loop($2, $entries, $1, $value)}gse;
    return values_in($template, $value);
}

sub loop {
    my ($inner, $entries, $count, $value) = @_;
    my $last = $count < @$entries ? $count - 1 : $#$entries;
    return join '', map { values_in($inner, { %$value, entry_values($_) }) } @$entries[0 .. $last];
}

sub entry_values {
    my ($entry) = @_;
    my @made = gmtime $entry->{made};
    return (
        EntryID    => $entry->{id},
        EntryTitle => $entry->{title},
        EntryText  => $entry->{text},
        EntryDate  => sprintf('%04d-%02d-%02d', $made[5] + 1900, $made[4] + 1, $made[3]),
    );
}

sub values_in {
    my ($template, $value) = @_;
    $template =~ s{<\$(\w+)((?:\s+\w+="[^"]*")*)\$>}{filtered($value->{$1} // '', $2)}ge;
    return $template;
}

sub filtered {
    my ($text, $filters) = @_;
    my %filter = $filters =~ /(\w+)="([^"]*)"/g;
    $text = formatted($text) if $filter{format};
    $text = excerpt($text, $filter{words}) if $filter{words};
    return $text;
}

# Paragraphs, links, emphasis, typographic quotes and dashes.
sub formatted {
    my ($text) = @_;
    my @paragraphs;
    for my $paragraph (split /\n{2,}/, $text) {
        $paragraph =~ s{\b(https?://[^\s<]+[^\s<.,;])}{<a href="$1">$1</a>}g;
        $paragraph =~ s{\*(\S(?:.*?\S)?)\*}{<em>$1</em>}g;
        $paragraph =~ s{(^|[\s(])'(?=\w)}{$1&lsquo;}g;
        $paragraph =~ s{(?<=\w)'}{&rsquo;}g;
        $paragraph =~ s{\s--\s}{&thinsp;&mdash;&thinsp;}g;
        $paragraph =~ s{\b(\d+)\s*(MB|GB|ms|km)\b}{$1&nbsp;$2}g;
        $paragraph =~ s{(\w{14,})}{soft_hyphens($1)}ge;
        push @paragraphs, "<p>$paragraph</p>";
    }
    return join "\n", @paragraphs;
}

sub soft_hyphens {
    my ($word) = @_;
    $word =~ s/([aeiouy][bcdfghklmnprstvw])(?=[bcdfghklmnprstvw][aeiouy])/$1&shy;/g;
    return $word;
}

sub excerpt {
    my ($text, $words) = @_;
    $text =~ s/<[^>]*>//g;
    my @words = split ' ', $text;
    return @words <= $words ? "@words" : "@words[0 .. $words - 1]&hellip;";
}

1;
