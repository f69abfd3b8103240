"""What ssh complains of, in words that say what to do. The patterns are OpenSSH's own sentences."""

import re
from dataclasses import dataclass

from tenmatsu.model.words import Words
from tenmatsu.parse.plain_text import make_plain

# ssh's exit code when the connection failed, and not what was run at the other end (ssh(1)).
SSH_FAILED = 255


@dataclass(frozen=True, kw_only=True, slots=True)
class Complaint:
    """Why there is no connection. `permanent`: until a person does something, trying again is of no use."""

    words: Words
    permanent: bool


_KEY_CHANGED = Words(
    "the host key of {host} is not the one that is known: it was set up anew, or somebody stands between. "
    "Ask who runs it; only if the new key is right: `ssh-keygen -R {name}`, then `ssh {host}` once by hand",
    "{host} のホスト鍵が、記録されている鍵と異なります。再構築されたか、経路に第三者がいる可能性があります。"
    "管理者に確認し、新しい鍵が正しい場合に限り `ssh-keygen -R {name}` のあと "
    "`ssh {host}` を一度手で実行してください",
)
_KEY_UNKNOWN = Words(
    "the host key of {host} is not known here yet: type `ssh {host}` once by hand and compare the key",
    "{host} のホスト鍵がまだ登録されていません。`ssh {host}` を一度手で実行し、鍵を確かめてください",
)
_KEY_REVOKED = Words(
    "the host key of {host} is marked as revoked: ask who runs it",
    "{host} のホスト鍵は失効しています。管理者に確認してください",
)
_DENIED = Words(
    "{host} does not let us in ({said}): a key or an agent that works without a question is needed; "
    "see `ssh -o BatchMode=yes {host} true`",
    "{host} にログインできません ({said})。対話なしで使える鍵かエージェントが必要です。"
    "`ssh -o BatchMode=yes {host} true` で確かめてください",
)
_OLD_SERVER = Words(
    "{host} offers only old algorithms ({said}): allow them for this host by name, if it cannot be renewed",
    "{host} は古い暗号方式しか使えません ({said})。"
    "更新できない場合は、このホスト名を指定して許可してください",
)
_NO_NAME = Words(
    "the name {host} is not known ({said}): see its spelling, ~/.ssh/config and the name service",
    "ホスト名 {host} が見つかりません ({said})。綴り、~/.ssh/config、名前解決を確かめてください",
)
_NAME_FAILS = Words(
    "the name {host} cannot be looked up now ({said})", "現在 {host} の名前解決ができません ({said})"
)
_REFUSED = Words(
    "{host} refuses the connection: does sshd run there, and is the port right? ({said})",
    "{host} に接続を拒否されました。sshd が動いているか、ポートが正しいか確かめてください ({said})",
)
_NO_WAY = Words(
    "{host} cannot be reached: is it up, and is the network between? ({said})",
    "{host} に届きません。稼働しているか、途中のネットワークを確かめてください ({said})",
)
_JUMP = Words(
    "the jump host does not pass us on to {host} ({said})", "踏み台が {host} への接続を中継しません ({said})"
)
_CONFIG = Words(
    "ssh does not accept its own configuration ({said})", "ssh の設定ファイルに誤りがあります ({said})"
)
_CLOSED = Words(
    "{host} closed the connection before the login: too many at once, or we are locked out there ({said})",
    "{host} がログイン前に接続を閉じました。同時接続の上限か、接続元の遮断が考えられます ({said})",
)
_LINE_DEAD = Words("the line to {host} is dead ({said})", "{host} との接続が途絶えました ({said})")
_OTHER = Words("ssh to {host} failed ({said})", "{host} への ssh が失敗しました ({said})")

# In this order: what is said first of many lines is often only a consequence.
_KNOWN: tuple[tuple[str, Words, bool], ...] = (
    (r"REMOTE HOST IDENTIFICATION HAS CHANGED|differs from the key for", _KEY_CHANGED, True),
    (r"REVOKED HOST KEY|[Hh]ost key .*revoked", _KEY_REVOKED, True),
    (r"Host key verification failed|No .* host key is known", _KEY_UNKNOWN, True),
    ((r"Bad configuration option|bad configuration options|Bad owner or permissions|keyword .*argument"
     r"|Can't open user config file|unsupported option"), _CONFIG, True),
    ((r"no matching (?:key exchange|host key|cipher|MAC)|Unable to negotiate|no mutual signature"
     r"|error in libcrypto|Invalid key length"), _OLD_SERVER, True),
    ((r"Permission denied \(|Permission denied, please|Too many authentication failures"
     r"|No more authentication methods"), _DENIED, True),
    (r"Temporary failure in name resolution", _NAME_FAILS, False),
    (r"Could not resolve hostname|hostname contains invalid", _NO_NAME, True),
    (r"administratively prohibited|stdio forwarding failed|open failed: connect failed", _JUMP, False),
    (r"Connection refused", _REFUSED, False),
    (r"No route to host|Network is unreachable|timed out|Host is down", _NO_WAY, False),
    (r"Timeout, server .* not responding|Broken pipe|client_loop: send disconnect", _LINE_DEAD, False),
    (r"kex_exchange_identification|banner exchange|Connection (?:closed|reset) by", _CLOSED, False),
)  # fmt: skip
_PATTERNS = tuple((re.compile(pattern), words, permanent) for pattern, words, permanent in _KNOWN)


def explain_ssh(host: str, said: str) -> Complaint:
    """Return what it means that ssh to this host ended with 255 and said this on standard error."""
    lines = [line for line in said.splitlines() if line.strip()]
    for pattern, words, permanent in _PATTERNS:
        for line in lines:
            if pattern.search(line):
                return _make(host, words, line, permanent)
    return _make(host, _OTHER, lines[-1] if lines else "?", permanent=False)


def _make(host: str, words: Words, line: str, permanent: bool) -> Complaint:
    name = host.rpartition("@")[2]
    return Complaint(words=words.fill(host=host, name=name, said=make_plain(line, 200)), permanent=permanent)
