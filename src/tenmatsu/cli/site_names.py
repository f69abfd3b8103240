"""What is said of a name that the site does not have: the nearest that it has, not all of a thousand."""

from difflib import get_close_matches
from typing import TYPE_CHECKING

from tenmatsu.errors import WrongUse
from tenmatsu.model.words import Words

if TYPE_CHECKING:
    from tenmatsu.model.site_map import SiteMap

_MOST_NAMED = 8


def name_unknown(name: str, site: "SiteMap") -> WrongUse:
    """Return the error."""
    if not site.entries:
        return WrongUse(EMPTY)
    near = get_close_matches(name, site.entries, n=3)
    if near:
        return WrongUse(MEANT.fill(name=name, near=", ".join(near)))
    known = list(site.entries)
    more = "" if len(known) <= _MOST_NAMED else ", …"
    return WrongUse(NO_ENTRY.fill(name=name, known=", ".join(known[:_MOST_NAMED]) + more))


EMPTY = Words(
    "the site file has no hosts and guests yet: tenmatsu site discover",
    "サイトファイルにホストもゲストもありません: tenmatsu site discover",
)
MEANT = Words(
    "the site has no '{name}'; did you mean {near}?", "サイトに「{name}」はありません ({near} のことですか)"
)
NO_ENTRY = Words("the site has no '{name}': {known}", "サイトに「{name}」はありません: {known}")
