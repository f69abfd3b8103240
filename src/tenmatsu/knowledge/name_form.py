"""The forms in which a process name is met: `/proc/PID/comm`, `ps`, `top`, a path, a command line, a title.

Nothing here knows any program: a name is only taken apart.
"""

import re
from dataclasses import dataclass

# A command line of the kernel can be megabytes long; what names a program stands at its beginning.
_MOST_CHARACTERS = 1000
# What runs a script and says nothing of it: the script is what matters.
_INTERPRETERS = re.compile(r"(?:platform-)?(?:python|perl|ruby|php|sh|bash|dash|ksh|node|env)[\d.]*")
_ENDS = (" <defunct>", " (deleted)", " [kthread]")


@dataclass(frozen=True, kw_only=True, slots=True)
class NameForm:
    """A name taken apart. `spellings` are what to look up, the most telling first.

    `is_bracketed`: in `[...]`, as ps shows what has no command line. `is_short`: the tool that showed it
    cut it (top's and ps' `+`). `inner` is what stands in `(...)`; `title` is what the process says of
    itself after its name; `ended`: it is a zombie.
    """

    spellings: tuple[str, ...]
    is_bracketed: bool = False
    is_short: bool = False
    inner: str = ""
    title: str = ""
    ended: bool = False


def read_name(text: str) -> NameForm:
    """Return the form of a name, however it was copied from a screen or a log. Any text has one."""
    name = " ".join(text[:_MOST_CHARACTERS].split())
    ended = name.endswith(_ENDS[0])
    for end in _ENDS:
        name = name.removesuffix(end)
    bracketed = len(name) > 2 and name[0] == "[" and name[-1] == "]"
    whole = name[1:-1] if bracketed else name
    inner = whole[1:-1] if len(whole) > 2 and whole[0] == "(" and whole[-1] == ")" else ""
    short = len(whole) > 2 and whole.endswith("+")
    spellings = [name, whole, whole.removesuffix("+"), *_parts(whole)]
    return NameForm(
        spellings=tuple(dict.fromkeys(filter(None, spellings))),
        is_bracketed=bracketed,
        is_short=short,
        inner=inner,
        title=_title(whole),
        ended=ended,
    )


def is_interpreter(name: str) -> bool:
    """Tell whether a program only runs scripts, so that its own name tells nothing of what runs."""
    return _INTERPRETERS.fullmatch(name) is not None


def base_name(path: str) -> str:
    """Return the last part of a path, without the kernel's mark for a file that is gone."""
    return path.removesuffix(_ENDS[1]).rpartition("/")[2]


def _parts(whole: str) -> list[str]:
    """Return the shorter readings of a title or command line: the script, the first word, its last part."""
    words = whole.split(" ")
    first = words[0].rstrip(":").removeprefix("-")  # a login shell is called -bash
    parts = [_script(words), whole.partition(": ")[0], first]
    if "/" in first:
        parts.append(base_name(first))
    return parts


def _script(words: list[str]) -> str:
    if not is_interpreter(base_name(words[0])):
        return ""
    script = next((word for word in words[1:] if word and not word.startswith("-")), "")
    return base_name(script)


def _title(whole: str) -> str:
    _, colon, rest = whole.partition(": ")
    return rest if colon else ""
