"""A reason is kept in English, and said in either language again."""

import pytest

from tenmatsu.model import reason
from tenmatsu.model.reason import COULD_NOT_FIND, PAGE_CUT, PROXYS_PAGE, SERVERS_PAGE, read_reason
from tenmatsu.model.words import Words, plain

SENTENCES = {name: words for name, words in vars(reason).items() if isinstance(words, Words)}
VALUES = dict.fromkeys(
    "status text seconds url format blog names name mark copies size wanted pattern least most".split(), "7"
)


@pytest.mark.parametrize("name", SENTENCES)
def test_each_sentence_is_found_again(name: str) -> None:
    filled = SENTENCES[name].fill(**VALUES, why=PROXYS_PAGE.fill(status=504))
    assert read_reason(filled.en) == filled


def test_a_reason_within_a_reason_is_said_in_the_same_language() -> None:
    filled = COULD_NOT_FIND.fill(why=SERVERS_PAGE.fill(status=500))
    assert read_reason(filled.en).ja == filled.ja
    assert "page" not in filled.ja


def test_what_is_nobody_elses_stays_as_it_is() -> None:
    assert read_reason("connection refused") == plain("connection refused")
    assert read_reason(PAGE_CUT.fill(size=4096).en) != plain(PAGE_CUT.fill(size=4096).en)
