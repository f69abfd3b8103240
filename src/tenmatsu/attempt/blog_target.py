"""Which blog a write probe may write to, and as whom."""

from dataclasses import dataclass, field


@dataclass(frozen=True, kw_only=True, slots=True)
class BlogTarget:
    """A blog that is meant for tests.

    `kind` is one of `write_probe.KINDS`, `url` the API's own address (`.../mt-xmlrpc.cgi`), `blog` its id
    there. `blog_name` is the name of the blog meant for tests: any other is refused unless `allow_any_blog`.
    `page_url` is where the entry is published, with `{id}` and `{mark}` to fill in; empty: as the API says.
    `limit_seconds` holds for each single request.
    """

    kind: str
    url: str
    blog: str = "1"
    blog_name: str = ""
    user: str
    password: str = field(repr=False)
    page_url: str = ""
    limit_seconds: float = 60.0
    allow_any_blog: bool = False
