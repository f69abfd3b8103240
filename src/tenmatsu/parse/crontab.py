"""Timed jobs: `crontab` files. Source: crontab(5)."""

import re

# Five fields of time, or a name for them, then what is done.
_JOB = re.compile(rb"\s*-?(?:@\w+|(?:[0-9*][\w*/,-]*\s+){2}(?:[0-9*][\w*/,-]*\s+)(?:[\w*/,-]+\s+){2})\s*\S")


def count_jobs(text: bytes) -> int:
    """Return how many jobs a file holds; variables, comments and what is no job are left out."""
    return sum(1 for line in text.splitlines() if _JOB.match(line[:500]))
