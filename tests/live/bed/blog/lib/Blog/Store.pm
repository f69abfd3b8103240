package Blog::Store;
# Entries in SQLite: entry(id, title, text, made, published), `made` in seconds since 1970.
use strict;
use warnings;
use DBI;
use Blog::Error;

my $BUSY_MS = 10_000;

sub open {
    my ($class, $data, $busy_ms) = @_;
    my $db = DBI->connect("dbi:SQLite:dbname=$data/blog.db", '', '',
        { RaiseError => 0, PrintError => 0, AutoCommit => 1 })
        or Blog::Error->throw("the database does not open: $DBI::errstr");
    $db->sqlite_busy_timeout(0 + ($busy_ms // $BUSY_MS));    # a string would be left aside
    return bless { db => $db }, $class;
}

sub add {
    my ($self, %entry) = @_;
    my $title = plain($entry{title}) || 'Notes of the day, ' . time;
    return $self->insert(title => $title, text => plain($entry{text}) || $self->draft, published => 1);
}

# Commits the entry: from here on it is there, whatever becomes of its pages.
sub insert {
    my ($self, %entry) = @_;
    my $db = $self->{db};
    my $made = time;
    $self->checked($db->begin_work);
    $self->checked($db->do('INSERT INTO entry (title, text, made, published) VALUES (?, ?, ?, ?)',
        undef, @entry{qw(title text)}, $made, $entry{published}));
    my $id = $db->last_insert_id('', '', 'entry', 'id');
    $self->checked($db->commit);
    return { id => $id, %entry, made => $made };
}

sub change {
    my ($self, $entry) = @_;
    $self->checked($self->{db}->do('UPDATE entry SET title = ?, text = ?, published = ? WHERE id = ?',
        undef, @$entry{qw(title text published id)}));
}

sub delete {
    my ($self, $id) = @_;
    $self->checked($self->{db}->do('DELETE FROM entry WHERE id = ?', undef, $id));
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
    my ($self, $count, %also) = @_;
    my $which = $also{drafts} ? '' : 'WHERE published';
    return $self->{db}->selectall_arrayref(
        "SELECT id, title, text, made, published FROM entry $which ORDER BY id DESC LIMIT ?",
        { Slice => {} }, $count)
        // $self->checked(undef);
}

sub oldest {
    my ($self, $count) = @_;
    return $self->{db}->selectall_arrayref(
        'SELECT id, title, text, made, published FROM entry WHERE published ORDER BY id LIMIT ?',
        { Slice => {} }, $count)
        // $self->checked(undef);
}

sub find {
    my ($self, $id) = @_;
    return $self->newest(1)->[0] unless defined $id;
    my $found = $self->{db}->selectall_arrayref(
        'SELECT id, title, text, made, published FROM entry WHERE id = ?', { Slice => {} }, $id)
        // $self->checked(undef);
    return $found->[0];
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
