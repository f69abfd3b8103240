"""The report as Markdown (CommonMark): for a ticket, a wiki, or one's future self."""

from tenmatsu.account.report import Line, Report, Section
from tenmatsu.account.safe import markdown, printable


def render_markdown(report: Report) -> str:
    """Return the report as Markdown. Text from the machine cannot become markup in it."""
    parts = [f"# {markdown(report.headline)}", f"**{markdown(report.confidence)}**"]
    parts += [markdown(sentence) for sentence in report.opening]
    parts += [_section(section) for section in report.sections]
    return "\n\n".join(parts) + "\n"


def _section(section: Section) -> str:
    lines = [
        _step(number, line) if section.numbered else _item(line)
        for number, line in enumerate(section.lines, start=1)
    ]
    return f"## {markdown(section.title)}\n\n" + "\n".join(lines)


def _item(line: Line) -> str:
    weight = f" ({markdown(line.weight)})" if line.weight else ""
    return f"- **{markdown(line.label)}**: {markdown(line.text)}{weight}"


def _step(number: int, line: Line) -> str:
    command = f"\n\n       {printable(line.label)}\n" if line.label else ""
    return f"{number}. {markdown(line.text)}{command}"
