"""The live view, driven by its keys, on recorded frames; screens are compared as text.

A screen that is meant to look otherwise is written anew with `WRITE_SCREENS=1 pytest tests/ui`.
"""

import asyncio
import os
import time
from collections.abc import Awaitable, Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from rich.cells import cell_len
from tests.ui.replay import CASES, ended, hello, look, lost, recorded, watch
from textual.color import Color
from textual.pilot import Pilot

from tenmatsu.errors import NotThere
from tenmatsu.model.processes import Grouping, Refusal
from tenmatsu.model.words import Language
from tenmatsu.parse.probe_frames import Frame, Hello, Living, Look, Sample
from tenmatsu.reach.probe import Lost
from tenmatsu.reach.probe import ProbeSource as Source
from tenmatsu.sight.process_watch import Watch
from tenmatsu.ui.process_app import ProcessApp
from tenmatsu.ui.process_query import Query

SOON_SECONDS = 20.0
SMALL, LARGE = (80, 24), (120, 40)
HOSTILE = "[bold red]x[/]\n\x1b[2J\u202e" + "y" * 4096
Act = Callable[["Pilot[None]"], Awaitable[None]]


@pytest.fixture(autouse=True)
def _utc(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("TZ", "UTC")
    monkeypatch.delenv("NO_COLOR", raising=False)
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


def screen(app: ProcessApp) -> list[str]:
    return [strip.text.rstrip() for strip in app.screen._compositor.render_strips()]


async def until(pilot: "Pilot[None]", what: Callable[[list[str]], bool]) -> list[str]:
    """Wait until the screen shows what is waited for, and is drawn to the end; return it."""
    limit = time.monotonic() + SOON_SECONDS
    before: list[str] = []
    while not (what(shown := screen(pilot.app)) and shown == before):  # type: ignore[arg-type]
        assert time.monotonic() < limit, "\n".join(shown)
        before = shown
        await pilot.pause(0.05)
    return shown


async def until_text(pilot: "Pilot[None]", text: str) -> list[str]:
    return await until(pilot, lambda shown: any(text in line for line in shown))


def show(
    watches: Sequence[Watch],
    act: Act,
    *,
    size: tuple[int, int] = SMALL,
    language: Language = "en",
    query: Query | None = None,
    colour: bool = True,
) -> None:
    async def run() -> None:
        app = ProcessApp(watches, query or Query(), language, colour=colour)
        async with app.run_test(size=size) as pilot:
            await act(pilot)

    try:
        asyncio.run(run())
    finally:
        for one in watches:
            one.close()


def compare(name: str, shown: list[str]) -> None:
    path = CASES / f"{name}.txt"
    text = "\n".join(shown) + "\n"
    if os.environ.get("WRITE_SCREENS"):
        path.write_text(text, "utf-8")
    assert text == path.read_text("utf-8")


@pytest.mark.parametrize("language", ["en", "ja"])
@pytest.mark.parametrize(("size", "name"), [(SMALL, "80x24"), (LARGE, "120x40"), ((40, 10), "40x10")])
def test_the_screen(language: Language, size: tuple[int, int], name: str) -> None:
    async def act(pilot: "Pilot[None]") -> None:
        shown = await until(pilot, lambda shown: len(shown) > 4 and shown[4].startswith("> sleep"))
        assert all(cell_len(line) <= size[0] for line in shown)
        compare(f"storm-{name}-{language}", shown)

    show([watch(recorded())], act, size=size, language=language)


@pytest.mark.parametrize("language", ["en", "ja"])
@pytest.mark.parametrize(
    ("key", "text"), [("enter", "tenmatsu who"), ("i", "eBPF"), ("question_mark", "PageDown")]
)
def test_the_screens_behind_keys(language: Language, key: str, text: str) -> None:
    async def act(pilot: "Pilot[None]") -> None:
        await until_text(pilot, "sleep")
        await pilot.press(key)
        compare(f"{key}-80x24-{language}", await until_text(pilot, text))
        await pilot.press("+", "g", "/")  # the table's keys do nothing here
        await pilot.press("escape")
        await until_text(pilot, "10")

    show([watch(recorded())], act, language=language)


def test_the_window_goes_through_its_steps() -> None:
    async def act(pilot: "Pilot[None]") -> None:
        await until_text(pilot, "last 10 s")
        await pilot.press("plus")
        await until_text(pilot, "last 20 s (8 so far)")
        for _ in range(12):
            await pilot.press("minus")
        await until_text(pilot, "last 1 s,")
        for _ in range(12):
            await pilot.press("plus")
        await until_text(pilot, "last 600 s")

    show([watch(recorded())], act)


def test_time_goes_back_and_forth_and_stands_still() -> None:
    async def act(pilot: "Pilot[None]") -> None:
        now = await until_text(pilot, "NOW")
        await pilot.press("left", "left")
        past = await until_text(pilot, "PAST:")
        assert "2 s ago" in past[0]
        assert "n:now" in past[-1]
        assert past[4:] != now[4:]
        await pilot.press("right", "right")
        await until_text(pilot, "NOW")
        await pilot.press("left", "end")
        await until_text(pilot, "NOW")
        await pilot.press("space")
        assert "FROZEN at" in (await until_text(pilot, "FROZEN"))[0]
        await pilot.press("space")
        await until_text(pilot, "NOW")

    show([watch(recorded())], act, query=Query(seconds=2.0))


def test_it_goes_back_no_further_than_what_is_kept() -> None:
    async def act(pilot: "Pilot[None]") -> None:
        await until_text(pilot, "NOW")
        await pilot.press(*["left"] * 40)
        shown = await until_text(pilot, "6 s ago")
        assert "ends seen" in shown[1]

    show([watch(recorded())], act, query=Query(seconds=2.0))


def test_rows_are_grouped_sorted_and_turned_round() -> None:
    async def act(pilot: "Pilot[None]") -> None:
        await until_text(pilot, "by program")
        await pilot.press("g")
        assert (await until_text(pilot, "cron.service"))[3].split()[0] == "service"
        await pilot.press("g", "g", "g")
        await until_text(pilot, "0123abcd0123")
        await pilot.press("g", "s")
        await until_text(pilot, "started*")
        await pilot.press("r")
        await until_text(pilot, "least started first")
        await pilot.press("s", "s", "s", "s")
        assert (await until_text(pilot, "program*"))[4].startswith("> bash")

    show([watch(recorded())], act)


def test_the_filter_is_typed_kept_and_taken_away() -> None:
    async def act(pilot: "Pilot[None]") -> None:
        await until_text(pilot, "ksoftirqd")
        await pilot.press("slash", *"sle")
        await until(pilot, lambda shown: "sleep" in shown[4] and "true" not in shown[5])
        await pilot.press("enter")
        shown = await until_text(pilot, "1-2/2")
        assert 'only "sle"' in shown[0]
        await pilot.press("escape")
        await until_text(pilot, "ksoftirqd")

    show([watch(recorded())], act)


def test_the_cursor_stays_on_its_row() -> None:
    async def act(pilot: "Pilot[None]") -> None:
        await until_text(pilot, "ksoftirqd")
        await pilot.press("down", "down")
        name = next(line for line in screen(pilot.app) if line.startswith(">")).split()[1]  # type: ignore[arg-type]
        await pilot.press("s", "s", "s", "s", "s")
        await until_text(pilot, "program*")
        await until(pilot, lambda shown: any(line.startswith(f"> {name}") for line in shown))
        await pilot.press("home")
        await until(pilot, lambda shown: shown[4].startswith(">"))
        await pilot.press("pagedown", "up", "pageup", "j", "k")
        await until(pilot, lambda shown: shown[4].startswith(">"))

    show([watch(recorded())], act)


def test_without_colour_no_colour_is_drawn_and_the_state_can_be_read() -> None:
    async def act(pilot: "Pilot[None]") -> None:
        shown = await until_text(pilot, "ksoftirqd")
        assert shown[4].startswith("> ")
        colours = {
            colour.name
            for strip in pilot.app.screen._compositor.render_strips()
            for segment in pilot.app.get_line_filters()[-1].apply(list(strip), Color(0, 0, 0))
            for colour in ((segment.style.color, segment.style.bgcolor) if segment.style else ())
            if colour
        }
        assert colours <= {"default"}

    show([watch(recorded())], act, colour=False)


@pytest.mark.parametrize("size", [(39, 24), (80, 9), (5, 3), (1, 1)])
def test_a_screen_that_is_too_small_says_so_and_recovers(size: tuple[int, int]) -> None:
    async def act(pilot: "Pilot[None]") -> None:
        await until(pilot, any)
        await pilot.press("down", "enter", "escape")
        await pilot.resize_terminal(*SMALL)
        await until_text(pilot, "ksoftirqd")

    show([watch(recorded())], act, size=size)


def test_hostile_names_are_drawn_as_they_are() -> None:
    fake = " NOW  localhost, last 10 s"
    frames: list[Frame | Lost] = [
        hello(Living(name=HOSTILE, parent=HOSTILE, uid=0, alive=1, pid=5)),
        look(1, ended("[bold red]x[/]", 9, parent=HOSTILE), ended("\x1b[31m\u202e", 5), ended(fake, 3)),
        look(2, samples=[Sample(name="[bold red]x[/]", path="/[b]", arguments=("[red]", HOSTILE))]),
    ]

    async def act(pilot: "Pilot[None]") -> None:
        shown = await until_text(pilot, "[bold red]x[/]")
        text = "\n".join(shown)
        assert r"\x1b[31m\u202e" in text
        assert all(char.isprintable() for char in text.replace("\n", ""))
        assert all(cell_len(line) <= SMALL[0] for line in shown)
        assert [line for line in shown if line.startswith(" NOW")] == shown[:1]
        await pilot.press("enter")
        shown = await until_text(pilot, "Escape")
        assert any("[bold red]x[/]" in line for line in shown)
        assert all(cell_len(line) <= SMALL[0] for line in shown)

    show([watch(frames)], act, query=Query(sort="started"))


def test_several_machines_have_a_column_and_their_state() -> None:
    def fail() -> Source:
        raise NotThere("python3")

    async def act(pilot: "Pilot[None]") -> None:
        shown = await until_text(pilot, "web2")
        text = "\n".join(shown)
        assert "nothing heard from 12:00:02 to" in text
        assert "web3: FAILED:" in text
        assert "LOST since 12:00:02: cut" in text
        assert any(line.split()[:2] == ["program", "host"] for line in shown)
        await pilot.press("i")
        await until_text(pilot, "web3")

    broken: list[Frame | Lost] = [
        hello(),
        look(1, ended("a", 3)),
        look(2, ended("a")),
        lost(2),
        hello(at=20),
        look(21, ended("a")),
    ]
    watches = [
        watch(broken, "web1"),
        watch([hello(), look(1, ended("b", 5)), lost(2)], "web2"),
        Watch("web3", fail),
    ]
    watches[2].wait(SOON_SECONDS)
    show(watches, act, query=Query(seconds=60.0))


def test_lost_events_and_what_is_not_used_are_told() -> None:
    first, *rest, last = recorded()
    assert isinstance(first, Hello)
    assert isinstance(last, Look)
    refused = (Refusal(rung="ebpf", why="not_permitted", reason="EPERM"),)
    frames = [replace(first, rung="perf", refused=refused), *rest, replace(last, lost={"buffer": 12})]

    async def act(pilot: "Pilot[None]") -> None:
        text = "\n".join(await until_text(pilot, "ksoftirqd"))
        assert "12 events LOST" in text
        assert "not by eBPF: a right is missing (EPERM)" in text

    show([watch(frames)], act)


def test_a_row_that_has_gone_is_still_told_on_its_own_screen() -> None:
    async def act(pilot: "Pilot[None]") -> None:
        await until_text(pilot, "ksoftirqd")
        await pilot.press("down", "enter")
        await until_text(pilot, "Executable")
        app = pilot.app
        assert isinstance(app, ProcessApp)
        app._asked = replace(app._asked, text="nothing is called so")
        shown = await until_text(pilot, "no longer in this window; as it was:")
        assert any("/bin/true" in line for line in shown)
        await pilot.press("end", "home", "down", "up", "escape")
        await until_text(pilot, "0-0/0")
        await pilot.press("down", "pagedown", "home", "enter")
        await until_text(pilot, "0-0/0")

    show([watch(recorded())], act)


def test_the_grouping_and_the_filter_of_the_call_hold() -> None:
    async def act(pilot: "Pilot[None]") -> None:
        shown = await until_text(pilot, "by starter")
        assert 'only "kthreadd"' in shown[0]
        assert [line for line in shown if line.startswith("  kthreadd ")]

    show([watch(recorded())], act, query=Query(grouping=Grouping.PARENT, text="kthreadd"))


def test_a_fault_of_ours_is_raised_to_who_called() -> None:
    class Broken(Exception):
        pass

    watching = watch(recorded())

    def break_(*_: object, **__: object) -> None:
        raise Broken

    watching.ran = break_  # type: ignore[method-assign]
    app = ProcessApp([watching], Query(), "en")

    async def run() -> None:
        await app.run_async(headless=True, size=SMALL)

    asyncio.run(run())
    watching.close()
    assert isinstance(app.fault, Exception)


def test_every_screen_is_still_made() -> None:
    names = {path.stem for path in Path(CASES).glob("*.txt")}
    assert len(names) == 12
