"""The recorded cases of `tests/live`: servers that were really broken, judged again without them.

Each fault has a folder's worth of two: `NAME.case` while it was broken, `NAME-mended.case` after. What must
be found stands in `expected.toml` beside them; the program never reads it.
"""

import tomllib
from pathlib import Path
from typing import Any

import pytest

from tenmatsu.cli.main import main
from tenmatsu.diagnose.engine import diagnose
from tenmatsu.model.finding import State
from tenmatsu.model.layer import Layer
from tenmatsu.model.verdict import Status
from tenmatsu.record.read_case import read_case

FOLDER = Path(__file__).parent.parent / "cases" / "faults"
EXPECTED: dict[str, dict[str, Any]] = tomllib.loads((FOLDER / "expected.toml").read_text("utf-8"))
LARGEST_BYTES = 750_000


@pytest.mark.parametrize("name", sorted(EXPECTED))
def test_a_recorded_fault_is_named_with_its_layer(name: str) -> None:
    verdict = diagnose(read_case(FOLDER / f"{name}.case").evidence)
    expected = EXPECTED[name]
    layer = verdict.layer.value if verdict.layer else None
    assert (verdict.cause, layer) == (expected.get("cause"), expected.get("layer"))
    assert verdict.status is (Status.LIKELY if expected else Status.HEALTHY)
    present = {finding.id for finding in verdict.findings if finding.state is State.PRESENT}
    assert present >= set(expected.get("findings", ()))


@pytest.mark.parametrize("name", sorted(EXPECTED))
def test_on_the_mended_server_nothing_is_blamed(name: str) -> None:
    verdict = diagnose(read_case(FOLDER / f"{name}-mended.case").evidence)
    assert (verdict.status, verdict.cause) == (Status.HEALTHY, None)


@pytest.mark.parametrize("path", sorted(FOLDER.glob("*.case")), ids=lambda path: path.stem)
def test_replay_judges_finding_by_finding_as_when_it_was_saved(path: Path) -> None:
    saved = read_case(path)
    now = {finding.id: finding.state.value for finding in diagnose(saved.evidence).findings}
    assert {one.id: one.state for one in saved.findings} == now


@pytest.mark.parametrize("path", sorted(FOLDER.glob("*.case")), ids=lambda path: path.stem)
def test_of_every_layer_it_is_said_by_what_it_is_judged(path: Path) -> None:
    layers = diagnose(read_case(path).evidence).layers
    assert [layer for layer in Layer if layer not in {one.layer for one in layers}] == []
    assert [one.layer for one in layers if not one.by] == []


@pytest.mark.parametrize("path", sorted(FOLDER.glob("*.case")), ids=lambda path: path.stem)
def test_a_recording_is_small_and_names_no_machine(path: Path) -> None:
    assert path.stat().st_size <= LARGEST_BYTES
    site = read_case(path).site
    assert [component.name for component in site.components] == ["host-1"]


def test_the_same_line_in_the_log_has_three_causes() -> None:
    """Storm, own limit and memory leave the same line: telling them apart is the point."""
    names = ("storm-in-limited-group", "rlimit-cpu", "memory-cgroup")
    verdicts = [diagnose(read_case(FOLDER / f"{name}.case").evidence) for name in names]
    assert all(one.finding("script-ended-early").state is State.PRESENT for one in verdicts)
    assert len({one.cause for one in verdicts}) == 3


def test_the_command_replays_a_recording(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["investigate", "--replay", str(FOLDER / "memory-cgroup.case")]) == 1
    assert "memory" in capsys.readouterr().out
