"""What a script of ours printed, section by section.

Each begins with a line of the script's own mark and the section's name. The mark is drawn anew for every run,
so that no guest's name or log line can pass for one.
"""

import re


def parse_sections(text: bytes, mark: str) -> list[tuple[str, bytes]]:
    """Return (name, content) of every section, in order; what came before the first is left out."""
    parts = re.split(rb"^" + re.escape(mark.encode()) + rb" ?(.*)\n", text, flags=re.MULTILINE)
    names = (name.decode("utf-8", "backslashreplace").strip() for name in parts[1::2])
    return list(zip(names, parts[2::2], strict=True))
