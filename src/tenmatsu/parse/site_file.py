"""The site file: what is there, what needs what, and the probes; checked, with the line at fault.

Format: docs/site-file.md. Raises BadSite.
"""

import re
import tomllib
from collections.abc import Mapping

from tenmatsu.errors import BadSite
from tenmatsu.model.site_map import SiteMap
from tenmatsu.model.words import Words
from tenmatsu.parse.site_entries import read_entries
from tenmatsu.parse.site_probes import read_probes
from tenmatsu.parse.toml_lines import find_lines
from tenmatsu.parse.toml_table import Table


def parse_site_file(data: bytes, kinds: Mapping[str, tuple[str, ...]]) -> SiteMap:
    """Return the site. `kinds` are the ready-made probes, with the settings that each may have."""
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise BadSite(data.count(b"\n", 0, error.start) + 1, NOT_UTF8) from error
    try:
        content = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        line = re.search(r"at line (\d+)", str(error))
        raise BadSite(int(line[1]) if line else text.count("\n") + 1, NOT_TOML.fill(why=error)) from error
    root = Table(content, find_lines(text), ())
    entries = read_entries(root)
    probes = read_probes(root.table("probe"), kinds)
    root.done()
    return SiteMap(entries=entries, probes=probes)


NOT_UTF8 = Words("the file is not UTF-8 text", "UTF-8 のテキストではありません")
NOT_TOML = Words("not TOML: {why}", "TOML として読めません: {why}")
