package Blog::MetaWeblog;
# The calls of the Blogger, metaWeblog and Movable Type APIs that weblog clients write with, in the shapes of
# Movable Type's lib/MT/XMLRPCServer.pm. A write commits the entry first and rebuilds the pages then.
use strict;
use warnings;
use Blog::Error;
use Blog::Publish;
use Blog::Store;
use Blog::XmlRpc;

my $MANY = 1e6;
my %METHOD = (
    'blogger.getUsersBlogs'     => \&users_blogs,
    'blogger.deletePost'        => sub { my ($self, $key, @rest) = @_; $self->delete_post(@rest) },
    'metaWeblog.newPost'        => \&new_post,
    'metaWeblog.editPost'       => \&edit_post,
    'metaWeblog.getPost'        => \&get_post,
    'metaWeblog.getRecentPosts' => \&recent_posts,
    'metaWeblog.deletePost'     => sub { my ($self, $key, @rest) = @_; $self->delete_post(@rest) },
    'mt.supportedMethods'       => sub { Blog::XmlRpc::list(sort keys %{ methods() }) },
);

sub methods { return \%METHOD }

# `site_url` ends with a slash. `harm` is what shall go wrong.
sub new {
    my ($class, %parts) = @_;
    return bless {%parts}, $class;
}

sub answer {
    my ($self, $method, @parameters) = @_;
    my $code = $METHOD{$method} or Blog::Error->throw("Unknown method: $method");
    return $code->($self, @parameters);
}

sub users_blogs {
    my ($self, $key, @who) = @_;
    $self->check(@who);
    return Blog::XmlRpc::list(
        { url => $self->{site_url}, blogid => '1', blogName => $self->{config}{name} });
}

sub new_post {
    my ($self, $blog, $user, $password, $content, $publish) = @_;
    $self->check($user, $password);
    Blog::Error->throw("Invalid blog ID '$blog'") unless $blog eq '1';
    $self->{harm}->strike('before');
    my $entry = $self->store->insert(
        title => $content->{title} // '', text => $content->{description} // '', published => is_true($publish));
    $self->rebuild($entry, is_true($publish));
    return "$entry->{id}";
}

sub edit_post {
    my ($self, $id, $user, $password, $content, $publish) = @_;
    $self->check($user, $password);
    my $entry = $self->entry($id);
    $self->{harm}->strike('before');
    $entry->{title} = $content->{title} if defined $content->{title};
    $entry->{text} = $content->{description} if defined $content->{description};
    $entry->{published} ||= is_true($publish);
    $self->store->change($entry);
    $self->rebuild($entry, is_true($publish));
    return [boolean => 1];
}

# A page is only removed by the rebuild, as with Movable Type: killed in between, it outlives its entry.
sub delete_post {
    my ($self, $id, $user, $password, $publish) = @_;
    $self->check($user, $password);
    my $entry = $self->entry($id);
    $self->{harm}->strike('before');
    $self->store->delete($id);
    $self->rebuild({ %$entry, published => 0 }, 1);
    return [boolean => 1];
}

sub get_post {
    my ($self, $id, $user, $password) = @_;
    $self->check($user, $password);
    return $self->shown($self->entry($id));
}

sub recent_posts {
    my ($self, $blog, $user, $password, $count) = @_;
    $self->check($user, $password);
    return Blog::XmlRpc::list(map { $self->shown($_) } @{ $self->store->newest($count || $MANY, drafts => 1) });
}

sub rebuild {
    my ($self, $entry, $asked) = @_;
    $self->{harm}->strike('between');
    if ($asked) {
        Blog::Publish::rebuild_entry($self->{config}, $self->store, $entry);
        Blog::Publish::rebuild($self->{config}, $self->store, $entry);
    }
    $self->{harm}->strike('after');
}

sub check {
    my ($self, $user, $password) = @_;
    return if ($user // '') eq $self->{config}{user} && ($password // '') eq $self->{config}{password};
    Blog::Error->throw('Invalid login');
}

sub store {
    my ($self) = @_;
    return $self->{store} //= Blog::Store->open($self->{config}{data}, $self->{config}{busy_ms});
}

sub entry {
    my ($self, $id) = @_;
    return $self->store->find($id // 0) // Blog::Error->throw("Invalid entry ID '$id'");
}

sub shown {
    my ($self, $entry) = @_;
    my @made = gmtime $entry->{made};
    my $link = "$self->{site_url}entry-$entry->{id}.html";
    return {
        userid => '1', postid => "$entry->{id}", title => $entry->{title}, description => $entry->{text},
        link => $link, permaLink => $link, mt_allow_pings => [int => 0], mt_allow_comments => [int => 0],
        dateCreated => ['dateTime.iso8601' => sprintf '%04d%02d%02dT%02d:%02d:%02dZ',
            $made[5] + 1900, $made[4] + 1, @made[3, 2, 1, 0]],
    };
}

sub is_true { return $_[0] && $_[0] ne 'false' ? 1 : 0 }

1;
