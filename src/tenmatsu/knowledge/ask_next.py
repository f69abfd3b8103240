"""What to ask about a name that nothing is known of. Nothing known is an answer, not an error."""

import shlex

from tenmatsu.knowledge.name_form import read_name
from tenmatsu.model.cause import NextLook
from tenmatsu.model.program import cut_name
from tenmatsu.model.words import Words

_SECONDS = 1.0
# The first letters of a name are enough to find a program by; a hostile one may be as long as it likes.
_MOST_CHARACTERS = 60


def ask_next(name: str) -> tuple[NextLook, ...]:
    """Return the looks that tell more, on the machine where the name was seen. They only read."""
    form = read_name(name)
    spelled = form.spellings[-1][:_MOST_CHARACTERS] if form.spellings else name[:_MOST_CHARACTERS]
    word, comm = shlex.quote(spelled), shlex.quote(cut_name(spelled))
    looks = [(f"pgrep -x -a -- {comm}", RUNNING)]
    if form.is_bracketed:
        looks.append((f"cat /proc/$(pgrep -o -x -- {comm})/stack", STACK))
    else:
        looks += [(f"readlink /proc/$(pgrep -o -x -- {comm})/exe", EXECUTABLE)]
        looks += [(f"systemctl status $(pgrep -o -x -- {comm})", UNIT)]
        looks += [
            (f"dpkg -S {word}; rpm -qf $(command -v -- {word})", PACKAGE),
            (f"whatis -- {word}", SUMMARY),
        ]
    return tuple(NextLook(command=command, tells=tells, seconds=_SECONDS) for command, tells in looks)


RUNNING = Words("its number and command line, while it lives", "生きている間の番号と引数")
EXECUTABLE = Words(
    "the executable: a path under /tmp, /dev/shm or a web folder is a sign of intruders",
    "実行ファイル。/tmp・/dev/shm・公開フォルダーの下なら侵入の兆し",
)
UNIT = Words("its service, and who started it", "サービスと起動元")
PACKAGE = Words(
    "the package that brought it; none: somebody put it there", "パッケージ。なければ誰かが置いたもの"
)
SUMMARY = Words("one line of its manual", "マニュアルの 1 行")
STACK = Words("as root, several times: what the kernel does in it", "root で数回。カーネルがしていること")
