"""Passwords on command lines are masked before they leave the guest.

What is known (`mask_words.py`) is replaced by `***`, and what stands around it stays, so that the command
can still be recognised. This is a net, not a wall: a program may call its secret anything. Where in doubt,
it masks.
"""

import re
from typing import List, Sequence, Tuple

from tenmatsu.probe import mask_words as words

MASK = b"***"

# Each begins where a word begins and has a limit: no text, however long, is gone through again and again.
_KEY = re.compile(
    rb"(?<![A-Za-z0-9_.-])-{0,2}([A-Za-z0-9][A-Za-z0-9_.-]{0,80})(\\?[\"']?\s*(?:=>|[=:])\s*)(?!//)"
)
_VALUE = re.compile(rb"\\?\"(?:[^\"\\]|\\.)*\\?\"?|'[^']*'?|[^\s,;&\"')}\]|]+")
_SCHEME = rb"((?<![A-Za-z0-9+.-])[A-Za-z][A-Za-z0-9+.-]{0,20}://"
_URL = re.compile(_SCHEME + rb"[^/\s:@?#\"']{0,200}):([^/\s\"'?#]*)@")
_URL_CUT = re.compile(_SCHEME + rb"[^/\s:@?#]{0,200}):[^/\s@]*$")
_URL_TOKEN = re.compile(_SCHEME + rb")[^/\s:@?#]{20,}@")
_ORACLE = re.compile(rb"^([A-Za-z0-9_$#]+)/([^@/\s]+)")
# A command line within one argument (`sh -c`): its words, what separates commands, and white space.
_SHELL = re.compile(rb"(?:[^\s\"'|;&()]|\"[^\"]*\"?|'[^']*'?)+|[|;&()]+|\s+")
_SEPARATOR = re.compile(rb"[|;&()]+$")
_INNER_WORD = re.compile(rb"(?<=[a-z0-9])(?=[A-Z])")
_BETWEEN_WORDS = re.compile(rb"[_.\-]+")
_NUMBERS = re.compile(rb"\d*:\d*$")
_MOST_NESTED = 3


def mask_command(arguments: Sequence[bytes], cut: bool = False) -> Tuple[bytes, ...]:
    """Return the arguments with what is known to be secret replaced. `cut`: the last one is incomplete."""
    if not words.HINT.search(b"\0".join(arguments)):
        return tuple(arguments)
    masked = _mask_words(list(arguments), 0)
    if cut:
        masked[-1] = _URL_CUT.sub(rb"\1:" + MASK, masked[-1])
    return tuple(masked)


def _mask_words(arguments: List[bytes], nested: int) -> List[bytes]:
    masked: List[bytes] = []
    program = option = b""  # the last program named, and the option whose value comes next
    for argument in arguments:
        name = argument.rsplit(b"/", 1)[-1].strip(b"\"'")
        if option and not (argument.startswith(b"-") and option.startswith(b"--")):
            masked.append(_mask_value(program, option, argument))
            option = b""
            continue
        masked.append(_mask_one(program, argument, nested))
        option = argument if _awaits_secret(program, argument) else b""
        if name in words.PROGRAMS:
            program = name
    return masked


def _awaits_secret(program: bytes, argument: bytes) -> bool:
    if not argument.startswith(b"-"):
        return False
    if argument in words.SEPARATE.get(program, ()) or _takes_user(program, argument):
        return True
    return (
        b"=" not in argument
        and b":" not in argument
        and len(argument) > 2
        and is_secret(argument.lstrip(b"-"))
    )


def _takes_user(program: bytes, option: bytes) -> bool:
    return option in words.LONG_USER_AND_SECRET or option in words.USER_AND_SECRET.get(program, ())


def _mask_value(program: bytes, option: bytes, value: bytes) -> bytes:
    if not _takes_user(program, option):
        return MASK
    return _mask_after_user(value)


def _mask_after_user(value: bytes) -> bytes:
    for between in (b":", b"%"):
        user, found, _ = value.partition(between)
        if found and not _NUMBERS.match(value):  # 1000:1000 is a user and a group
            return user + found + MASK
    return value


def _mask_one(program: bytes, argument: bytes, nested: int) -> bytes:
    for prefix in words.GLUED.get(program, ()):
        if argument.startswith(prefix) and argument != prefix:
            return prefix + MASK
    for prefix in words.USER_AND_SECRET.get(program, ()):
        if argument.startswith(prefix) and not argument.startswith(b"--"):
            return prefix + _mask_after_user(argument[len(prefix) :])
    if program in words.ORACLE:
        argument = _ORACLE.sub(rb"\1/" + MASK, argument)
    if nested < _MOST_NESTED and any(space in argument for space in (b" ", b"\t", b"\n")):
        argument = _mask_shell(argument, nested + 1)
    return mask_text(argument)


def _mask_shell(text: bytes, nested: int) -> bytes:
    """Mask a text as if it were a shell's command line; what it is not is left as it was."""
    if text[:1] in (b"'", b'"') and text[-1:] == text[:1] and len(text) > 1:
        return text[:1] + _mask_shell(text[1:-1], nested) + text[:1]
    parts = _SHELL.findall(text)
    if len(parts) < 2 or b"".join(parts) != text:
        return text
    command: List[int] = []
    for place, part in enumerate([*parts, b";"]):
        if _SEPARATOR.match(part):
            for at, masked in zip(command, _mask_words([parts[at] for at in command], nested)):
                parts[at] = masked
            command = []
        elif not part.isspace():
            command.append(place)
    return b"".join(parts)


def mask_text(text: bytes) -> bytes:
    """Return any text with secrets masked that show by what stands around them, or by their own look."""
    text = words.HEADER.sub(rb"\1\2\3" + MASK, text)
    text = words.SQL.sub(rb"\1" + MASK, text)
    text = _URL.sub(rb"\1:" + MASK + b"@", text)
    text = _URL_TOKEN.sub(rb"\1" + MASK + b"@", text)
    text = words.SHAPES.sub(MASK, text)
    return _mask_assignments(text)


def _mask_assignments(text: bytes) -> bytes:
    done: List[bytes] = []
    at = 0
    for found in _KEY.finditer(text):
        if found.start() < at or not is_secret(found.group(1)):
            continue
        value = _VALUE.match(text, found.end())
        if value:
            done += [text[at : found.end()], MASK]
            at = value.end()
    return b"".join(done) + text[at:]


def is_secret(key: bytes) -> bool:
    """Tell whether a key (`db-password`, `PGPASSWORD`, `clientSecret`) announces a secret."""
    parts = [part.lower() for part in _BETWEEN_WORDS.split(_INNER_WORD.sub(b"_", key)) if part]
    if not parts or parts[-1] in words.HARMLESS_LAST or parts[0] in words.HARMLESS_FIRST:
        return False
    if key in (b"PWD", b"OLDPWD"):  # where the shell is, not a password
        return False
    return (
        parts[-1] in words.LAST_WORDS
        or any(part in words.WORDS or part.endswith(words.ENDINGS) for part in parts)
        or any(pair in words.PAIRS for pair in zip(parts, parts[1:]))
    )
