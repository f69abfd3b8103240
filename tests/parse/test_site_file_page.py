"""What docs/site-file.md shows is a site file as it stands."""

import re
from pathlib import Path

import pytest

from tenmatsu.attempt.kinds import KINDS
from tenmatsu.parse.site_file import parse_site_file

PAGE = (Path(__file__).parent.parent.parent / "docs" / "site-file.md").read_text("utf-8")
EXAMPLES = re.findall(r"^```toml\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)


@pytest.mark.parametrize("text", EXAMPLES)
def test_an_example_can_be_read(text: str) -> None:
    site = parse_site_file(text.encode(), KINDS)
    assert site.entries or site.probes


def test_every_key_of_an_entry_is_shown_and_described() -> None:
    shown = "\n".join(EXAMPLES)
    keys = (
        "on address uuid mac ssh system role url port needs note hypervisor api user password token "
        "certificate ca_file"
    ).split()
    described = set(re.findall(r"`(\w+)`", PAGE))
    assert [key for key in keys if not re.search(rf"\b{key} = ", shown) and key not in described] == []
    assert set(keys) <= described
