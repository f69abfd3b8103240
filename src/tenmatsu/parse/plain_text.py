"""Text that came from elsewhere, made safe to keep: names, paths, log lines.

All of it is hostile until proven otherwise. What could move a cursor, hide a line or turn the order of
letters goes; what a person would read stays.
"""

import re

# C0 and C1 controls, the line separators of Unicode, marks that reverse or isolate the direction of
# writing (CVE-2021-42574, "Trojan Source"), and halves of surrogate pairs, which no encoder takes.
_UNSAFE = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff]+")
MOST_CHARACTERS = 500


def make_plain(text: str, most: int = MOST_CHARACTERS) -> str:
    """Return the text on one line, each run of unsafe characters as one space, cut at `most`."""
    # four times as much is looked at: a line of a megabyte must cost no more than any other
    return _UNSAFE.sub(" ", text[: most * 4]).strip()[:most]
