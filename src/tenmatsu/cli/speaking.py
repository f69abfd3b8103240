"""Click's commands in the language asked for: it translates neither its headings nor its errors itself."""

from collections.abc import Callable
from typing import Any

import click

from tenmatsu.cli.wide_help import WideContext, cut_short
from tenmatsu.model.words import LANGUAGES, Language, Words

USAGE = Words("Usage: ", "使い方: ")
OPTIONS = Words("Options", "オプション")
COMMANDS = Words("Commands", "コマンド")
HELP = Words("Show this message and exit.", "この説明を表示して終了。")
LANG = Words("Language of the output (default: the locale's).", "出力の言語 (既定はロケールに従う)。")
JSON = Words("Print JSON, as the schema describes it.", "スキーマに沿った JSON を出力。")
NO_COLOR = Words(
    "No colour; NO_COLOR in the environment does the same.",
    "色を使わない (環境変数 NO_COLOR も同じ)。",
)


class Speaking(click.Command):
    """A command whose help has its headings in our language."""

    language: Language = "en"

    def format_usage(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the usage line."""
        pieces = self.collect_usage_pieces(ctx)
        formatter.write_usage(ctx.command_path, " ".join(pieces), prefix=USAGE.into(self.language))

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the options."""
        rows = [row for parameter in self.get_params(ctx) if (row := parameter.get_help_record(ctx))]
        if rows:
            with formatter.section(OPTIONS.into(self.language)):
                formatter.write_dl(rows)

    def get_help_option(self, ctx: click.Context) -> click.Option | None:
        """Return `--help`, described in our language."""
        option = super().get_help_option(ctx)
        if option is not None:
            option.help = HELP.into(self.language)
        return option

    def get_short_help_str(self, limit: int = 45) -> str:
        """Return the first sentence, cut where it is too long. Click cuts between blanks only."""
        if self.language != "ja":
            return super().get_short_help_str(limit)
        paragraph = (self.help or "").partition("\n\n")[0]
        sentence, end, _ = paragraph.partition("。")
        return cut_short(f"{sentence}{end}", limit)


class SpeakingGroup(Speaking, click.Group):
    """A group of commands whose help has its headings in our language."""

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the options, then the commands, in the order in which they were given."""
        Speaking.format_options(self, ctx, formatter)
        rows = [(name, command.get_short_help_str(60)) for name, command in self.commands.items()]
        with formatter.section(COMMANDS.into(self.language)):
            formatter.write_dl(rows)

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - the base class names it
        """Return the commands in the order of a case, not of the alphabet."""
        return list(self.commands)


def make_command(
    name: str,
    callback: Callable[..., Any],
    help: Words,
    language: Language,
    parameters: list[click.Parameter],
) -> click.Command:
    """Return a command whose help speaks the language."""
    command = Speaking(name, callback=callback, help=help.into(language), params=parameters)
    _speak(command, language)
    return command


def make_group(
    name: str,
    help: Words,
    language: Language,
    commands: list[click.Command],
    **more: Any,  # noqa: ANN401 - click.Group's own
) -> click.Group:
    """Return a group whose help speaks the language. It has `--lang`, as all have."""
    parameters = list(more.pop("params", ()))
    if not any(one.name == "lang" for one in parameters):
        parameters.append(lang_option(language))
    group = SpeakingGroup(name, help=help.into(language), commands=commands, params=parameters, **more)
    _speak(group, language)
    return group


def _speak(command: Speaking, language: Language) -> None:
    command.language = language
    if language == "ja":
        command.context_class = WideContext


def option(language: Language, *names: str, help: Words, **more: Any) -> click.Option:  # noqa: ANN401 - click.Option's own
    """Return an option described in the language."""
    return click.Option(list(names), help=help.into(language), **more)


def lang_option(language: Language) -> click.Option:
    """Return `--lang`. It was read before anything else; here it is only checked and described."""
    return option(language, "--lang", help=LANG, type=click.Choice(LANGUAGES), expose_value=False)


def output_options(language: Language) -> list[click.Parameter]:
    """Return the options that every command with a report has."""
    return [
        option(language, "--json", "as_json", help=JSON, is_flag=True),
        option(language, "--no-color", "no_colour", help=NO_COLOR, is_flag=True),
        lang_option(language),
    ]
