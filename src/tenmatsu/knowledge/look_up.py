"""From a process name, however it was cut or dressed, to what is known of it. Pure: no look at any machine.

The surest reading wins: one that fits exactly hides those that only begin alike. Several answers mean
that the name alone does not decide.
"""

from dataclasses import replace

from tenmatsu.knowledge.index import Index, load_index, unit_name
from tenmatsu.knowledge.kworker import explain_kworker
from tenmatsu.knowledge.name_form import NameForm, base_name, is_interpreter, read_name
from tenmatsu.model.program import Match, MatchedBy, Program, ProgramKind
from tenmatsu.model.words import Words

# systemd names a service's process by the program's last 8 letters until it runs (src/core/execute.c).
_ENDING_LETTERS = 8


def look_up(name: str, *, executable: str | None = None, unit: str | None = None) -> tuple[Match, ...]:
    """Return what a name can stand for, the likeliest first; nothing where nothing is known.

    `executable` is the path of what really runs, `unit` its service: where they are given they decide
    between candidates, and speak up against a name that is not what it says.
    """
    index, form = load_index(), read_name(name)
    found = [_note(match, form) for match in _by_name(index, form)]
    if executable:
        found = _weigh_executable(index, found, executable)
    if unit:
        found = _weigh_unit(index, found, unit)
    return tuple(found)


def _by_name(index: Index, form: NameForm) -> list[Match]:
    for spelling in form.spellings:
        if found := _sure(index, spelling):
            return _prefer_kernel(found) if form.is_bracketed else [*found, *_becoming(index, form)]
    for spelling in form.spellings:
        if programs := index.folded(spelling):
            return _matches(programs, MatchedBy.CASE)
    by = MatchedBy.CUT if form.is_short else MatchedBy.BEGINNING
    for spelling in form.spellings:
        if programs := index.beginning(spelling):
            return _matches(programs, by)
    return []


def _sure(index: Index, spelling: str) -> list[Match]:
    """Return what fits exactly: by name and by the kernel's cut, else by pattern."""
    found = _matches(index.named(spelling), MatchedBy.NAME)
    known = [match.program for match in found]
    cut = [program for program in index.cut(spelling) if program not in known]
    found += _matches(cut, MatchedBy.CUT)
    return found or _matches(index.formed(spelling), MatchedBy.PATTERN)


def _becoming(index: Index, form: NameForm) -> list[Match]:
    """Return the programs that a process in `(...)` may be about to become."""
    if not form.inner or index.named(f"({form.inner})"):
        return []
    exact = index.named(form.inner)
    ends = index.ending(form.inner) if len(form.inner) == _ENDING_LETTERS else []
    programs = [one for one in dict.fromkeys((*exact, *ends)) if not _is_kernels(one)]
    return _matches(programs, MatchedBy.ENDING)


def _matches(programs: list[Program], by: MatchedBy) -> list[Match]:
    return [Match(program=program, by=by) for program in programs]


def _prefer_kernel(found: list[Match]) -> list[Match]:
    """Of several, those of the kernel: ps puts them in brackets."""
    return [one for one in found if _is_kernels(one.program)] or found


def _is_kernels(program: Program) -> bool:
    return program.kind is ProgramKind.KERNEL_THREAD


def _note(match: Match, form: NameForm) -> Match:
    """Return the match with what the name itself tells."""
    notes = [note for spelling in form.spellings[:2] if (note := explain_kworker(spelling))][:1]
    if form.title and not _is_kernels(match.program):
        notes.append(TITLE.fill(title=form.title))
    if form.ended:
        notes.append(ENDED)
    if not notes:
        return match
    joined = Words("; ".join(note.en for note in notes), "、".join(note.ja for note in notes))
    return replace(match, note=joined)


def _weigh_executable(index: Index, found: list[Match], path: str) -> list[Match]:
    """Put the candidates that the executable agrees with first; doubt the others."""
    name = base_name(path)
    agreeing = [match for match in found if _agrees(index, match.program, name)]
    if agreeing:
        return agreeing
    doubted = [_doubt(match, path) for match in found]
    if is_interpreter(name) and found:
        return doubted
    meant = [one for one in index.named(name) or index.formed(name) if not _is_kernels(one)]
    known = _matches(meant, MatchedBy.EXECUTABLE)
    is_thread = any(match.program.kind is ProgramKind.THREAD for match in found)
    return [*doubted, *known] if is_thread else [*known, *doubted]


def _agrees(index: Index, program: Program, executable: str) -> bool:
    return not _is_kernels(program) and index.belongs(executable, program)


def _doubt(match: Match, path: str) -> Match:
    """Return the match with what the executable has against it. A script's or thread's says nothing."""
    if _is_kernels(match.program):
        return replace(match, doubt=IMITATION.fill(path=path))
    if match.program.kind is ProgramKind.THREAD or is_interpreter(base_name(path)):
        return match
    return replace(match, doubt=OTHER_EXECUTABLE.fill(path=path))


def _weigh_unit(index: Index, found: list[Match], unit: str) -> list[Match]:
    """Put the candidates of the service first; where the name led nowhere, the service leads."""
    if not found:
        return _matches(index.in_unit(unit), MatchedBy.UNIT)
    return sorted(found, key=lambda match: unit_name(unit) not in match.program.units)


TITLE = Words("says of itself: {title}", "自身の説明: {title}")
ENDED = Words(
    "has ended; its parent has not taken note of it yet (zombie): look at the parent",
    "すでに終了し、親がまだ看取っていません (ゾンビ)。見るべきは親です",
)
IMITATION = Words(
    "A thread of the kernel has no executable, but this runs {path}: something imitates the name.",
    "カーネルのスレッドに実行ファイルはありませんが、これは {path} を実行しています。名前の偽装です。",
)
OTHER_EXECUTABLE = Words(
    "What runs is {path}: it may be another program of the same name.",
    "実際に動いているのは {path} です。同名の別プログラムかもしれません。",
)
