"""The command `tenmatsu`: choose the language, run the verb, turn our errors into one line and a code."""

import os
import sys
from collections.abc import Callable, Sequence
from io import TextIOWrapper

import click

from tenmatsu import __version__
from tenmatsu.account.safe import printable
from tenmatsu.cli import case, completion, investigate, probe, recover, requests, site, top, verify, who
from tenmatsu.cli.speaking import lang_option, make_group, option
from tenmatsu.cli.wrong_call import describe_wrong_call
from tenmatsu.errors import TenmatsuError
from tenmatsu.lang import choose_language
from tenmatsu.model.words import Language, Words

COMMANDS: tuple[Callable[[Language], click.Command], ...] = (
    investigate.make,
    case.make,
    site.make,
    requests.make,
    probe.make,
    verify.make,
    recover.make,
    top.make,
    who.make,
    completion.make,
)
EXIT_WRONG_USE = 2
EXIT_BUG = 70  # EX_SOFTWARE, sysexits.h
EXIT_INTERRUPTED = 130


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit code. Never a traceback for what is not our fault."""
    _lose_no_page_to_a_character()
    given = list(sys.argv[1:] if arguments is None else arguments)
    language = choose_language(_wanted_language(given), os.environ)
    try:
        return _run(given, language)
    except click.exceptions.NoArgsIsHelpError as error:  # its message is the whole help, on many lines
        sys.stderr.write(error.format_message() + "\n")
        return EXIT_WRONG_USE
    except click.UsageError as error:
        return _complain(describe_wrong_call(error).into(language))
    except click.ClickException as error:
        return _complain(error.format_message())
    except TenmatsuError as error:
        return _complain(error.words.into(language), error.exit_code)
    except (KeyboardInterrupt, click.Abort):
        sys.stderr.write("\n")
        return EXIT_INTERRUPTED
    except BrokenPipeError:  # `tenmatsu … | head`: the reader has gone, and nobody is at fault
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except Exception as bug:  # the outermost edge: a fault of ours is said in one line as well
        import logging

        logging.getLogger("tenmatsu").debug("a fault of ours", exc_info=True)
        return _complain(BUG.fill(what=f"{type(bug).__name__}: {bug}").into(language), EXIT_BUG)


def make_root(language: Language) -> click.Group:
    """Return the whole command tree in one language."""

    def root(debug: bool) -> None:
        if debug:
            import logging

            logging.basicConfig(level=logging.DEBUG, stream=sys.stderr)

    parameters: list[click.Parameter] = [
        click.Option(
            ["--version"],
            help=VERSION.into(language),
            is_flag=True,
            is_eager=True,
            expose_value=False,
            callback=_print_version,
        ),
        option(language, "--debug", help=DEBUG, is_flag=True),
        lang_option(language),
    ]
    commands = [make(language) for make in COMMANDS]
    group = make_group("tenmatsu", HELP, language, commands, params=parameters, no_args_is_help=True)
    group.callback = root
    return group


def _run(arguments: list[str], language: Language) -> int:
    result = make_root(language).main(args=arguments, prog_name="tenmatsu", standalone_mode=False)
    sys.stdout.flush()
    return result if isinstance(result, int) else 0


def _lose_no_page_to_a_character() -> None:
    """Let the output show `?` for what its encoding has no sign for (LC_ALL=C), and not fail."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="replace")


def _print_version(context: click.Context, _: click.Parameter, wanted: bool) -> None:
    if wanted and not context.resilient_parsing:
        sys.stdout.write(f"tenmatsu {__version__}\n")
        context.exit()


def _wanted_language(arguments: Sequence[str]) -> str | None:
    """Return what `--lang` says, wherever it stands: the help itself depends on it."""
    for at, word in enumerate(arguments):
        if word == "--lang":
            return arguments[at + 1] if at + 1 < len(arguments) else None
        if word.startswith("--lang="):
            return word.partition("=")[2]
    return None


def _complain(text: str, code: int = EXIT_WRONG_USE) -> int:
    sys.stderr.write(f"tenmatsu: {printable(text)}\n")
    return code


HELP = Words(
    "Finds out which layer of a self-hosted service is failing, and says what ruled out the others.",
    "自前サーバーのどの層に障害があるかを、他の層を除外した根拠とともに示します。",
)
VERSION = Words("Print the version and exit.", "版を表示して終了。")
DEBUG = Words("Write down what goes wrong inside, on standard error.", "内部の異常を標準エラーに出力。")
BUG = Words(
    "a fault of ours ({what}): please report it with what --debug prints",
    "内部エラー ({what})。--debug の出力を添えて報告してください",
)
