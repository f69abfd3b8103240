package Blog::Store;
# Entries in SQLite: entry(id, title, text, made), `made` in seconds since 1970.
use strict;
use warnings;
use DBI;
use Blog::Error;

my $BUSY_MS = 10_000;

sub open {
    my ($class, $data) = @_;
    my $db = DBI->connect("dbi:SQLite:dbname=$data/blog.db", '', '',
        { RaiseError => 0, PrintError => 0, AutoCommit => 1 })
        or Blog::Error->throw("the database does not open: $DBI::errstr");
    $db->sqlite_busy_timeout($BUSY_MS);
    return bless { db => $db }, $class;
}

sub add {
    my ($self, %entry) = @_;
    my $db = $self->{db};
    my $made = time;
    $entry{title} = plain($entry{title}) || "Notes of the day, $made";
    $entry{text}  = plain($entry{text})  || $self->draft;
    $self->checked($db->begin_work);
    $self->checked($db->do('INSERT INTO entry (title, text, made) VALUES (?, ?, ?)',
        undef, @entry{qw(title text)}, $made));
    my $id = $db->last_insert_id('', '', 'entry', 'id');
    $self->checked($db->commit);
    return { id => $id, %entry, made => $made };
}

# Without a text an entry takes up an old one, as "copy this entry" does.
sub draft {
    my ($self) = @_;
    my ($text) = $self->{db}->selectrow_array('SELECT text FROM entry ORDER BY random() LIMIT 1');
    return $text // 'Nothing happened today.';
}

sub forget_old {
    my ($self, $keep) = @_;
    $self->checked($self->{db}->do(
        'DELETE FROM entry WHERE id <= (SELECT max(id) FROM entry) - ?', undef, $keep));
}

sub newest {
    my ($self, $count) = @_;
    return $self->{db}->selectall_arrayref(
        'SELECT id, title, text, made FROM entry ORDER BY id DESC LIMIT ?', { Slice => {} }, $count)
        // $self->checked(undef);
}

sub find {
    my ($self, $id) = @_;
    return $self->newest(1)->[0] unless defined $id;
    return $self->{db}->selectrow_hashref('SELECT id, title, text, made FROM entry WHERE id = ?', undef, $id);
}

sub checked {
    my ($self, $done) = @_;
    return $done if defined $done;
    my $error = $self->{db}->errstr;
    $self->{db}->rollback unless $self->{db}{AutoCommit};
    Blog::Error->throw("the entry was not saved: $error");
}

sub plain {
    my ($text) = @_;
    return '' unless defined $text;
    $text =~ tr/+/ /;
    $text =~ s/%([0-9A-Fa-f]{2})/chr hex $1/ge;
    $text =~ s/[<>&"]//g;
    return substr $text, 0, 10_000;
}

1;
