"""The documents hold: each command, option, finding and cause has its page; what is shown can be typed."""

import contextlib
import io
import re
import shlex
import sqlite3
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import click
import pytest

from tenmatsu.account.as_json import load_schema
from tenmatsu.cli.main import EXIT_BUG, EXIT_INTERRUPTED, EXIT_WRONG_USE, make_root
from tenmatsu.cli.show import exit_code
from tenmatsu.diagnose.causes import load_causes
from tenmatsu.diagnose.findings import FINDINGS
from tenmatsu.model.cause import Cause
from tenmatsu.model.finding import FindingKind
from tenmatsu.model.verdict import Status, Verdict
from tenmatsu.record.case_schema import TABLES

ROOT = Path(__file__).parent.parent
DOCS = ROOT / "docs"
READMES = (ROOT / "README.md", ROOT / "README.ja.md")
PAGES = (*READMES, ROOT / "CONTRIBUTING.md", ROOT / "CHANGELOG.md", *sorted(DOCS.rglob("*.md")))
CAUSES = load_causes()
COMMAND_LINE = (DOCS / "command-line.md").read_text("utf-8")

# What a fenced block holds; commands are checked in those of a shell and in those that say nothing.
SHELL = ("", "sh")
LANGUAGES = (*SHELL, "toml", "text", "sql", "json", "mermaid")
FENCED = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
INLINE = re.compile(r"(?<!`)`([^`\n]+)`(?!`)")
LINK = re.compile(r"!?\[[^\]]*\]\(([^)\s]+)\)")
# The program called as a command: not a path, a module or a package of that name.
CALL = re.compile(r"(?<![\w./:-])tenmatsu(?=$|\s)")
WORD_THAT_ENDS_A_CALL = re.compile(r"[|;&<>()]+")

CAUSE_SECTIONS = (
    "What it means",
    "What it looks like from outside",
    "How it is told apart",
    "How this diagnosis can be wrong",
    "How to see it yourself",
    "What to do, least harm first",
    "Sources",
)
FINDING_SECTIONS = (
    "What it says",
    "Thresholds",
    "When it is unknown",
    "How it can be wrong",
    "See it by hand",
)


class Call(NamedTuple):
    """A call of the program that a page shows; `whole` where it can be typed as it stands."""

    page: Path
    words: tuple[str, ...]
    whole: bool


def prose_and_code(page: Path) -> tuple[str, list[str], list[str]]:
    """Return a page's text without code, its pieces of inline code, and its lines to be typed in a shell."""
    text = page.read_text("utf-8")
    typed = [
        line
        for language, block in FENCED.findall(text)
        if language in SHELL
        for line in block.replace("\\\n", " ").splitlines()
    ]
    text = FENCED.sub("", text)
    return INLINE.sub("", text), INLINE.findall(text), typed


def find_calls(page: Path) -> Iterator[Call]:
    _, inline, typed = prose_and_code(page)
    for whole, pieces in ((False, inline), (True, typed)):
        for piece in pieces:
            for found in CALL.finditer(piece):
                rest = piece[found.end() :]
                if piece[: found.start()].endswith("$("):
                    rest = rest.partition(")")[0]
                yield Call(page=page, words=tuple(words_of_call(rest)), whole=whole)


def words_of_call(text: str) -> Iterator[str]:
    shell = shlex.shlex(text, posix=True, punctuation_chars=True)
    shell.whitespace_split = True
    for word in shell:
        if WORD_THAT_ENDS_A_CALL.fullmatch(word):
            return
        yield word


def parse_call(words: tuple[str, ...]) -> None:
    """Parse a call as click does, running nothing. Raises `click.UsageError` where it is wrong."""
    command: click.Command = make_root("en")
    context, arguments = None, list(words)
    with contextlib.redirect_stdout(io.StringIO()), contextlib.suppress(click.exceptions.Exit):
        while True:
            context = command.make_context(command.name, arguments, parent=context)
            if not isinstance(command, click.Group):
                return
            _, inner, arguments = command.resolve_command(
                context, [*getattr(context, "_protected_args", ()), *context.args]
            )
            assert inner is not None
            command = inner


def commands(command: click.Command, path: str) -> Iterator[tuple[str, click.Command]]:
    yield path, command
    if isinstance(command, click.Group):
        for name, inner in command.commands.items():
            yield from commands(inner, f"{path} {name}")


COMMANDS = dict(commands(make_root("en"), "tenmatsu"))


def section(text: str, title: str) -> str:
    found = re.search(rf"^## {re.escape(title)}\n(.*?)(?=^## |\Z)", text, re.MULTILINE | re.DOTALL)
    assert found, f"no section '## {title}'"
    return found[1]


def sections(page: Path) -> tuple[str, ...]:
    text = FENCED.sub("", page.read_text("utf-8"))
    return tuple(re.findall(r"^## (.+)$", text, re.MULTILINE))


def names_of(parameter: click.Parameter) -> list[str]:
    if isinstance(parameter, click.Option):
        return parameter.opts
    return [
        parameter.make_metavar(click.Context(click.Command("x"))).split(":")[0],
        parameter.human_readable_name,
    ]


@pytest.mark.parametrize("path", COMMANDS)
def test_every_command_and_option_is_described(path: str) -> None:
    described = INLINE.findall(section(COMMAND_LINE, f"`{path}`"))
    command = COMMANDS[path]
    parameters = command.get_params(click.Context(command))
    missing = [one.name for one in parameters if not set(names_of(one)) & set(described)]
    assert missing == []


def test_no_option_is_described_that_is_not_there() -> None:
    described = set(re.findall(r"^\| `(--[\w-]+)`", COMMAND_LINE, re.MULTILINE))
    there = {
        name
        for command in COMMANDS.values()
        for one in command.get_params(click.Context(command))
        for name in names_of(one)
    }
    assert described <= there


def test_every_exit_code_is_described() -> None:
    described = {
        int(code) for code in re.findall(r"^\| (\d+) \|", section(COMMAND_LINE, "Exit codes"), re.MULTILINE)
    }
    verdicts = {exit_code(verdict_of(status)) for status in Status}
    assert described == verdicts | {EXIT_WRONG_USE, EXIT_BUG, EXIT_INTERRUPTED}


def verdict_of(status: Status) -> Verdict:
    return Verdict(
        status=status,
        failing=False,
        cause=None,
        layer=None,
        component="",
        probability=0.0,
        since=None,
        last=None,
        causes=(),
        layers=(),
        findings=(),
        suggestions=(),
    )


def test_every_variable_of_the_environment_is_described() -> None:
    code = "\n".join(path.read_text("utf-8") for path in (ROOT / "src").rglob("*.py"))
    ours = set(re.findall(r"\b_?TENMATSU_[A-Z_]+\b|\bNO_COLOR\b", code))
    assert ours - set(INLINE.findall(section(COMMAND_LINE, "Environment"))) == set()


def test_every_key_of_the_json_is_described() -> None:
    described = set(INLINE.findall(section(COMMAND_LINE, "JSON")))
    assert set(load_schema()["required"]) - described == set()


@pytest.mark.parametrize("kind", FINDINGS, ids=lambda kind: kind.id)
def test_every_finding_has_its_page(kind: FindingKind) -> None:
    page = DOCS / "findings" / f"{kind.id}.md"
    text = page.read_text("utf-8")
    assert text.startswith(f"# {kind.title.en}\n")
    assert re.search(rf"^日本語: .+$\n\n`{kind.id}` ·", text, re.MULTILINE)
    assert sections(page) == FINDING_SECTIONS
    assert say_what_it_weighs(kind.id) in text.splitlines()


def say_what_it_weighs(finding: str) -> str:
    """Return the line of a finding's page that says for and against which causes it speaks."""
    speaks: dict[bool, list[str]] = {True: [], False: []}
    symptom = False
    for cause in CAUSES:
        for one in cause.expectations:
            if one.finding == finding and one.group == "symptom":
                symptom = True
            elif one.finding == finding and one.present:
                speaks[one.present > 0].append(f"[{cause.id}](../causes/{cause.id}.md)")
    if symptom:
        return (
            "Every cause weighs it as the symptom: where it is looked for and not there, "
            "nearly all become less likely."
        )
    parts = [
        f"Speaks {word} {', '.join(speaks[yes])}."
        for yes, word in ((True, "for"), (False, "against"))
        if speaks[yes]
    ]
    return " ".join(parts) or "No cause weighs it by itself."


@pytest.mark.parametrize("cause", CAUSES, ids=lambda cause: cause.id)
def test_every_cause_has_its_page_in_both_languages(cause: Cause) -> None:
    english, japanese = (DOCS / place / f"{cause.id}.md" for place in ("causes", "ja/causes"))
    for page, layer in ((english, "layer"), (japanese, "層")):
        assert re.search(
            rf"^`{cause.id}` · {layer}: .*\(`{cause.layer.value}`\)", page.read_text("utf-8"), re.MULTILINE
        )
    assert sections(english) == CAUSE_SECTIONS
    assert len(sections(japanese)) == len(CAUSE_SECTIONS)
    assert japanese.read_text("utf-8").startswith(f"# {cause.name.ja}\n")
    assert pages_named_by(english) == pages_named_by(japanese)


def pages_named_by(page: Path) -> set[str]:
    return {
        name
        for link in LINK.findall(page.read_text("utf-8"))
        if (name := link.rpartition("/")[2]).endswith(".md")
    }


def test_no_page_is_about_what_is_not_there() -> None:
    findings = {kind.id for kind in FINDINGS}
    causes = {cause.id for cause in CAUSES}
    assert {page.stem for page in (DOCS / "findings").glob("*.md")} == findings
    assert {page.stem for page in (DOCS / "causes").glob("*.md")} == causes
    assert {page.stem for page in (DOCS / "ja" / "causes").glob("*.md")} == causes


@pytest.mark.parametrize("cause", CAUSES, ids=lambda cause: cause.id)
def test_every_finding_that_a_cause_names_exists(cause: Cause) -> None:
    known = {kind.id for kind in FINDINGS}
    assert [one.finding for one in cause.expectations if one.finding not in known] == []


CALLS = [call for page in PAGES for call in find_calls(page)]


@pytest.mark.parametrize(
    "call", CALLS, ids=lambda call: f"{call.page.relative_to(ROOT)}: {' '.join(call.words)}"
)
def test_every_call_that_is_shown_can_be_typed(call: Call) -> None:
    try:
        parse_call(call.words)
    except (click.exceptions.NoArgsIsHelpError, click.MissingParameter):
        # `tenmatsu` or `tenmatsu completion` alone, in the middle of a sentence, is a name
        assert not call.whole


def test_calls_are_found_at_all() -> None:
    assert {"investigate", "case", "completion"} <= {call.words[0] for call in CALLS if call.words}


def test_a_wrong_call_would_be_noticed() -> None:
    for wrong in (
        "investigate --uri x",
        "top --sort weight",
        "case open FILE",
        "investigate web1 more",
        "--lang fr investigate",
    ):
        with pytest.raises(click.UsageError):
            parse_call(tuple(wrong.split()))


@pytest.mark.parametrize("command", [one.command for cause in CAUSES for one in cause.next_looks])
def test_every_call_that_a_cause_suggests_can_be_typed(command: str) -> None:
    for found in CALL.finditer(command):
        parse_call(tuple(words_of_call(command[found.end() :])))


def test_every_target_of_make_that_is_named_exists() -> None:
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE))
    named = {
        target
        for page in PAGES
        for pieces in prose_and_code(page)[1:]
        for piece in pieces
        for target in re.findall(r"(?:^|[\s(])make ([a-z-]+)", piece)
    }
    assert named - targets == set()


@pytest.mark.parametrize("page", READMES, ids=lambda page: page.name)
def test_the_readmes_name_both_commands(page: Path) -> None:
    typed = prose_and_code(page)[2]
    assert {"make run", "make test"} <= {line.partition("#")[0].strip() for line in typed}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_link_leads_somewhere(page: Path) -> None:
    prose = INLINE.sub("", FENCED.sub("", page.read_text("utf-8")))
    text = FENCED.sub("", page.read_text("utf-8"))
    assert [link for link in LINK.findall(text) if not leads_somewhere(page, link)] == []
    assert "](" not in LINK.sub("", prose)


def leads_somewhere(page: Path, link: str) -> bool:
    if re.match(r"https?://", link):
        return True
    path, _, anchor = link.partition("#")
    target = (page.parent / path).resolve() if path else page
    return target.exists() and (not anchor or anchor in anchors(target))


def anchors(page: Path) -> set[str]:
    """Return the anchors of a page's headings, as GitHub makes them."""
    headings = re.findall(r"^#+ (.+)$", FENCED.sub("", page.read_text("utf-8")), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def test_the_table_of_contents_lists_every_page() -> None:
    contents = DOCS / "README.md"
    listed = {(DOCS / link.partition("#")[0]).resolve() for link in LINK.findall(contents.read_text("utf-8"))}
    assert [
        str(page.relative_to(DOCS)) for page in DOCS.rglob("*.md") if page not in listed | {contents}
    ] == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_block_says_what_it_holds(page: Path) -> None:
    text = page.read_text("utf-8")
    assert text.count("```") == 2 * len(FENCED.findall(text))
    assert {language for language, _ in FENCED.findall(text)} <= set(LANGUAGES)


def test_every_table_of_a_case_is_described() -> None:
    page = DOCS / "case-file.md"
    tables = set(re.findall(r"CREATE TABLE (\w+)", TABLES))
    assert set(re.findall(r"^\| `(\w+)` \|", page.read_text("utf-8"), re.MULTILINE)) == tables


def test_every_question_to_a_case_can_be_asked() -> None:
    blocks = [
        block
        for language, block in FENCED.findall((DOCS / "case-file.md").read_text("utf-8"))
        if language == "sql"
    ]
    questions = [question for block in blocks for question in block.split(";") if question.strip()]
    database = sqlite3.connect(":memory:")
    with contextlib.closing(database):
        database.executescript(TABLES)
        for question in questions:
            database.execute(question)
    assert questions


def test_the_map_draws_the_arrows_that_are_checked() -> None:
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]["importlinter"][
        "contracts"
    ]
    course = next(contract for contract in contracts if contract["id"] == "course")
    drawn = section((DOCS / "map.md").read_text("utf-8"), "Who may know whom")
    lines = [re.split(r"  +", line.strip())[0] for line in FENCED.findall(drawn)[0][1].splitlines()]
    assert lines == [layer.replace("tenmatsu.", "").replace("|", "│") for layer in course["layers"]]
