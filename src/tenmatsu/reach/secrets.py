"""Passwords and tokens, from where they are kept: environment, file, keyring. Never from the call."""

import os
import stat
from pathlib import Path

from tenmatsu.errors import NotPermitted, NotThere, WrongUse
from tenmatsu.model.words import Words

_MOST_BYTES = 65536
_OTHERS = stat.S_IRWXG | stat.S_IRWXO


def read_secret(place: str) -> str:
    """Return the secret that is kept at `env:NAME`, `file:PATH` or `keyring:SERVICE/USER`.

    A file's end of line is no part of it. Raises NotThere, NotPermitted, or WrongUse for a file that others
    may read and where no keyring can be asked.
    """
    kind, _, where = place.partition(":")
    return {"env": _from_environment, "file": _from_file, "keyring": _from_keyring}[kind](where)


def _from_environment(name: str) -> str:
    value = os.environ.get(name)
    if not value:
        raise WrongUse(NOT_SET.fill(name=name))
    return value


def _from_file(name: str) -> str:
    path = Path(name).expanduser()
    try:
        with path.open("rb") as file:
            mode = os.fstat(file.fileno()).st_mode
            if not stat.S_ISREG(mode) or mode & _OTHERS:
                raise WrongUse(READ_BY_OTHERS.fill(path=path))
            return file.read(_MOST_BYTES).decode("utf-8").rstrip("\r\n")
    except FileNotFoundError as error:
        raise NotThere(str(path)) from error
    except PermissionError as error:
        raise NotPermitted(str(path)) from error
    except UnicodeDecodeError as error:
        raise WrongUse(NOT_TEXT.fill(path=path)) from error
    except OSError as error:
        raise WrongUse(UNREADABLE.fill(path=path, why=error.strerror)) from error


def _from_keyring(where: str) -> str:
    service, _, user = where.rpartition("/")
    try:
        import keyring
        from keyring.errors import KeyringError
    except ImportError as error:
        raise WrongUse(NO_KEYRING) from error
    try:
        value = keyring.get_password(service, user)
    except KeyringError as error:
        raise WrongUse(KEYRING_SAYS.fill(why=error)) from error
    if value is None:
        raise WrongUse(NOT_IN_KEYRING.fill(service=service, user=user))
    return str(value)


NOT_SET = Words(
    "the environment has no {name}: set it, or name another place (file:PATH, keyring:SERVICE/USER) with"
    " --password or in the site file",
    "環境変数 {name} がありません。設定するか、別の保管場所 (file:パス、keyring:サービス/ユーザー) を"
    " --password かサイトファイルで指定してください",
)
READ_BY_OTHERS = Words(
    "others may read {path}: chmod 600 {path}", "{path} は他のユーザーも読めます: chmod 600 {path}"
)
NOT_TEXT = Words("{path} is not UTF-8 text", "{path} は UTF-8 のテキストではありません")
UNREADABLE = Words("{path} cannot be read: {why}", "{path} を読めません: {why}")
NO_KEYRING = Words(
    "no keyring can be asked here: install it (pip install 'tenmatsu[keyring]'), or use file: or env:",
    "ここではキーリングを使えません。pip install 'tenmatsu[keyring]' で導入するか、"
    "file: か env: を使ってください",
)
KEYRING_SAYS = Words("the keyring does not open: {why}", "キーリングを開けません: {why}")
NOT_IN_KEYRING = Words(
    "the keyring has nothing for {user} at {service}: keyring set {service} {user}",
    "キーリングに {service} の {user} がありません: keyring set {service} {user}",
)
