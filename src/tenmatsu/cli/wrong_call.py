"""What is wrong with a call, in both languages: Click says it in English alone."""

import re

import click

from tenmatsu.model.words import Words, plain

_NO_COMMAND = re.compile(r"No such command '(.*?)'\.(?: Did you mean .*)?", re.DOTALL)
_NO_VALUE = re.compile(r"Option '(.*)' requires an argument\.", re.DOTALL)
_TOO_MANY = re.compile(r"Got unexpected extra arguments? \((.*)\)", re.DOTALL)


def describe_wrong_call(error: click.UsageError) -> Words:
    """Return one sentence that says what is wrong, and where the call is described."""
    path = error.ctx.command_path if error.ctx else "tenmatsu"
    return SEE.fill(what=_describe(error), path=path)


def _describe(error: click.UsageError) -> Words:
    message = error.format_message()
    if isinstance(error, click.NoSuchOption):
        meant = MEANT.fill(name=error.possibilities[0]) if error.possibilities else plain("")
        return NO_OPTION.fill(name=error.option_name, meant=meant)
    for pattern, words in _BY_TEXT:
        if found := pattern.fullmatch(message):
            return Words(message, words.ja.format(name=found[1]))
    if not isinstance(error, click.BadParameter) or error.param is None:
        return plain(message)
    japanese = MISSING_JA if isinstance(error, click.MissingParameter) else BAD_JA
    return Words(message, japanese.format(name=_name(error.param), message=error.message))


def _name(parameter: click.Parameter) -> str:
    return parameter.opts[0] if isinstance(parameter, click.Option) else parameter.human_readable_name


SEE = Words("{what} (see: {path} --help)", "{what} (説明: {path} --help)")
NO_OPTION = Words("No such option: {name}{meant}", "{name} というオプションはありません{meant}")
MEANT = Words(" Did you mean {name}?", "。{name} のことですか")
NO_COMMAND = Words("No such command '{name}'.", "「{name}」というコマンドはありません")
NO_VALUE = Words("Option '{name}' requires an argument.", "{name} には値が要ります")
TOO_MANY = Words("Got unexpected extra words ({name})", "余分な語があります ({name})")
MISSING_JA = "{name} を指定してください"
BAD_JA = "{name} の値が正しくありません: {message}"
_BY_TEXT = ((_NO_COMMAND, NO_COMMAND), (_NO_VALUE, NO_VALUE), (_TOO_MANY, TOO_MANY))
