"""Our errors, one tree, by who can do something about it.

    TenmatsuError            one line for a person, and an exit code
    ├── WrongUse             the call's words are off                      (exit 2)
    ├── BadCase              a file that is not a case we can read         (exit 2)
    ├── BadSite              a site file with a fault, and its line        (exit 2)
    ├── NoBox                a drill's box that this machine cannot hold   (exit 2)
    ├── ParseError           bytes that are not what their format says
    └── ReachError           we could not look; a sight turns it into a gap
        ├── NotThere         no such file, directory or program
        ├── NotPermitted     the right is missing
        ├── TookTooLong      no answer within the limit
        ├── NoAnswer         a machine on the way, or the one asked, says that nobody will answer
        └── NoConnection     another machine cannot be reached

A sick server is a finding, never one of these.
"""

from tenmatsu.model.words import Words


class TenmatsuError(Exception):
    """The root. `words` is what a person reads: what is wrong and what to do."""

    exit_code = 2

    def __init__(self, words: Words) -> None:
        super().__init__(words.en)
        self.words = words


class WrongUse(TenmatsuError):
    """The call's words are off."""


class BadCase(TenmatsuError):
    """A file that is not a case, is cut off, or is from a newer version."""


class BadSite(TenmatsuError):
    """A site file with a fault. `line` counts from 1."""

    def __init__(self, line: int, words: Words) -> None:
        super().__init__(Words("line {line}: {what}", "{line} 行目: {what}").fill(line=line, what=words))
        self.line = line


class NoBox(TenmatsuError):
    """This machine cannot hold the drills' box, or it does not come up: a right, a program, a kernel."""


class ParseError(TenmatsuError):
    """Bytes that are not what their format says. Carries which format and what was met."""

    def __init__(self, format: str, met: str) -> None:
        super().__init__(Words(f"not readable as {format}: {met}", f"{format} として読めません: {met}"))
        self.format = format
        self.met = met


class ReachError(TenmatsuError):
    """We could not look. `what` is the path or command that was meant."""

    def __init__(self, what: str, words: Words) -> None:
        super().__init__(words)
        self.what = what


class NotThere(ReachError):
    """No such file, directory or program."""

    def __init__(self, what: str) -> None:
        super().__init__(what, Words(f"{what} is not there", f"{what} がありません"))


class NotPermitted(ReachError):
    """The right is missing."""

    def __init__(self, what: str) -> None:
        super().__init__(what, Words(f"no permission for {what}", f"{what} を読む権限がありません"))


class TookTooLong(ReachError):
    """No answer within the limit (seconds)."""

    def __init__(self, what: str, seconds: float) -> None:
        super().__init__(
            what,
            Words(
                f"{what} gave no answer in {seconds:g} s",
                f"{what} が {seconds:g} 秒以内に応答しません",
            ),
        )


class NoAnswer(ReachError):
    """Nobody will answer there. `refused`: the machine is there and says so; else there is no way to it."""

    def __init__(self, what: str, *, refused: bool) -> None:
        super().__init__(what, Words(f"nobody answers at {what}", f"{what} で応答するものがありません"))
        self.refused = refused


class NoConnection(ReachError):
    """Another machine cannot be reached. `permanent`: until a person does something, trying is of no use."""

    def __init__(self, host: str, words: Words, *, permanent: bool) -> None:
        super().__init__(host, words)
        self.permanent = permanent
