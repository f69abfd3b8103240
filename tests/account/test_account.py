"""What people and programs read."""

import io
import json
from dataclasses import replace

import jsonschema
import pytest
from rich.cells import cell_len
from tests.diagnose.made_evidence import event, gap, healthy_evidence, make_case, storm_evidence

from tenmatsu.account.as_json import as_object, load_schema, render_json
from tenmatsu.account.as_markdown import render_markdown
from tenmatsu.account.as_text import print_report
from tenmatsu.account.report import make_report
from tenmatsu.account.safe import markdown, printable, printable_json
from tenmatsu.model.case import Case
from tenmatsu.model.verdict import LayerState
from tenmatsu.model.words import LANGUAGES, Language

HOSTILE = "evil\x1b[2J\u202eexe\r\n|*<script>alert(1)</script>"


def hostile_case() -> Case:
    storm = storm_evidence()
    named = event(
        "process.program", process__command=HOSTILE, cpu_seconds=0.1, brief=50, parents=HOSTILE, begun=1
    )
    return make_case(replace(storm, events=(*storm.events, named), gaps=(gap("kernel_log"),)))


def as_text(case: Case, language: Language, *, colour: bool = False, width: int = 80) -> str:
    out = io.StringIO()
    print_report(make_report(case, language), out, colour=colour, width=width)
    return out.getvalue()


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("make", [healthy_evidence, storm_evidence])
def test_text_fits_80_columns_and_is_plain_without_colour(language: Language, make: object) -> None:
    text = as_text(make_case(make()), language)  # type: ignore[operator]
    assert max(cell_len(line) for line in text.splitlines()) <= 80
    assert "\x1b" not in text


def test_the_conclusion_stands_first() -> None:
    first = as_text(make_case(storm_evidence()), "en").splitlines()[0]
    assert "Something starts processes all the time" in first
    assert "likely" in as_text(make_case(storm_evidence()), "en").partition("Why")[0]


def test_the_parts_come_in_order() -> None:
    text = as_text(hostile_case(), "en")
    titles = ["\nWhy", "\nRuled out", "\nCould not be seen or decided", "\nNext"]
    places = [text.index(title) for title in titles]
    assert places == sorted(places)


def test_an_open_layer_names_what_is_open_there_though_the_evidence_speaks_against_it() -> None:
    """What was likely beforehand stays possible in spite of some decibans: its name must stand there."""
    case = make_case(storm_evidence())
    open_layer = next(one for one in case.verdict.layers if one.state is LayerState.RULED_OUT)
    causes = tuple(
        replace(one, weight_decibans=-7.0, probability=0.2) if one.layer is open_layer.layer else one
        for one in case.verdict.causes
    )
    layers = tuple(
        replace(one, state=LayerState.UNKNOWN) if one is open_layer else one for one in case.verdict.layers
    )
    text = as_text(replace(case, verdict=replace(case.verdict, causes=causes, layers=layers)), "en")
    assert "not ruled out:" in text
    assert "not ruled out:  (" not in text


@pytest.mark.parametrize("colour", [False, True])
def test_nothing_hostile_reaches_the_terminal(colour: bool) -> None:
    text = as_text(hostile_case(), "en", colour=colour)
    assert "evil" in text
    assert "\x1b[2J" not in text
    assert "\u202e" not in text
    assert "\r" not in text


def test_nothing_hostile_becomes_markup() -> None:
    text = render_markdown(make_report(hostile_case(), "en"))
    assert "<script>" not in text
    assert "\u202e" not in text


def test_json_on_a_terminal_is_harmless_and_reads_back_the_same() -> None:
    said = "e\u009b31m\u202e\x7f\U0001f600\u3042\u3000\u2028"
    text = printable_json(json.dumps({"a": said}, ensure_ascii=False, indent=2))
    assert json.loads(text) == {"a": said}
    assert not set(text) & set("\u009b\u202e\x7f\u2028")
    assert "\U0001f600\u3042\u3000" in text
    assert "\u202e" not in render_json(hostile_case(), "en")


def test_escaping_keeps_what_is_printable() -> None:
    assert printable("顛末 ok — ü") == "顛末 ok — ü"
    assert printable("a\tb\x9b") == "a\\x09b\\x9b"
    assert markdown("a_b|c") == "a\\_b\\|c"


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("make", [healthy_evidence, storm_evidence])
def test_json_is_as_the_schema_says(language: Language, make: object) -> None:
    case = make_case(make())  # type: ignore[operator]
    found = json.loads(render_json(case, language))
    jsonschema.validate(found, load_schema(), format_checker=jsonschema.FormatChecker())
    assert found["verdict"]["component"] == "web1"


def test_the_schema_itself_is_valid_and_closed() -> None:
    schema = load_schema()
    jsonschema.Draft202012Validator.check_schema(schema)
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(as_object(make_case(healthy_evidence()), "en") | {"more": 1}, schema)
