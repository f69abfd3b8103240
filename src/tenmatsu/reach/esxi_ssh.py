"""An ESXi asked in its shell, for when its interface is not to be had: esxtop, vmx files, the log."""

import io
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

from tenmatsu.errors import NoConnection, ParseError
from tenmatsu.model.below import Happening, Identity, Inventory, Lack, Measured
from tenmatsu.model.words import Words
from tenmatsu.parse.esxi_shell import MARK, Shown, parse_shown
from tenmatsu.parse.plain_text import make_plain
from tenmatsu.parse.vmkernel import find_alarms, find_start
from tenmatsu.reach.clock_offset import ClockOffset, OffsetBounds
from tenmatsu.reach.esxtop_recorded import Recorded
from tenmatsu.reach.hypervisor import Hypervisor
from tenmatsu.reach.ssh import SshOptions
from tenmatsu.reach.ssh_run import run_over_ssh

_SAMPLE_SECONDS = 5
_MOST_BYTES = 64 << 20
# What a guest may set in its own file is 1 MiB by default (tools.setInfo.sizeLimit).
_MOST_FILE_BYTES = 2 << 20
_LOG_LINES = 5000
# Names come from the host and stay in one word of its own shell; nothing is written there.
_SHOW = (
    f'echo; echo "{MARK}clock:$(date -u +%s)"; echo "{MARK}version:$(vmware -v)"; echo "{MARK}hardware:"; '
    "vim-cmd hostsvc/hostsummary 2>/dev/null | grep cpuMhz; "
    'esxcli vm process list 2>/dev/null | sed -n "s/^ *Config File: //p" | while IFS= read -r file; do '
    f'echo; echo "{MARK}file:"; head -c {_MOST_FILE_BYTES} "$file"; done; true'
)
# One byte more than is taken: what was cut is refused, never read by half.
# The first sample is over the time since the host started; the second is the one that counts.
_SAMPLE = f"esxtop -b -a -d {_SAMPLE_SECONDS} -n 2 | head -c {_MOST_BYTES + 1}"
_LOG_FILE = "/var/log/vmkernel.log"
# An empty log, one that cannot be read, and a shell that does not know the words are three different things.
_LOG = (
    f'echo; if [ -r {_LOG_FILE} ]; then echo "{MARK}log:"; tail -n {_LOG_LINES} {_LOG_FILE} | '
    f'head -c {_MOST_BYTES + 1}; else echo "{MARK}no log:"; fi'
)


def open_esxi_over_ssh(
    host: str, options: SshOptions, name: str, *, limit_seconds: float = 10.0
) -> Hypervisor:
    """Return an ESXi, asked in its shell over SSH. Raises ReachError, WrongUse, ParseError."""
    return EsxiOverSsh(_Shell(host, options, limit_seconds), name)


class EsxiOverSsh:
    """Answers from what the shell shows. Keeps no history: each question for figures takes a new sample."""

    interval_seconds = float(_SAMPLE_SECONDS)

    def __init__(self, shell: "_Shell", name: str) -> None:
        self.name = name
        self._shell = shell
        self._shown, self._clock = shell.look()
        self._recorded = self._sample()

    def identify(self) -> Identity:
        """Return who answers. Its shell may do anything; whether as this user, only trying would tell."""
        return replace(
            self._recorded.identify(),
            version=self._shown.version,
            may_act=None,
            may_act_why=BY_SHELL,
            clock_offset_seconds=self._clock.seconds,
            clock_uncertainty_seconds=self._clock.uncertainty_seconds,
        )

    def take_inventory(self) -> Inventory:
        """Return the host, and the guests that run."""
        self._shown, self._clock = self._shell.look()
        self._recorded = self._sample()
        return self._recorded.take_inventory()

    def measure(self, keys: Collection[str] | None, since: datetime | None) -> Measured:  # noqa: ARG002 - a Hypervisor's
        """Return a new sample of 5 s of these; there is no history."""
        self._recorded = self._sample()
        told = self._recorded.measure(keys, None)
        try:
            ours = tuple(one._replace(time=one.time - self._offset) for one in told.measures)
        except OverflowError as error:
            raise ParseError("esxtop", "a time that is on no calendar") from error
        return replace(told, measures=ours)

    def recall(self, since: datetime, *, most: int = 2000) -> tuple[Sequence[Happening], Sequence[Lack]]:
        """Return what the VMkernel's log says of hardware, disks and links since then."""
        events = Lack(what=EVENTS, why=NOT_IN_SHELL, close_by=ASK_INTERFACE)
        _, readable, log = self._shell.run(_LOG).partition(f"\n{MARK}log:\n")
        if not readable:
            return (), (events, Lack(what=LOG, why=NO_LOG, close_by=ASK_INTERFACE))
        lines = log.splitlines()
        host = self._recorded.take_inventory().hosts[0].key
        found = [one for one in find_alarms(lines, host, self._offset) if one.time >= since]
        return found[-most:], (events, *_find_unread(find_start(lines, self._offset), since))

    def close(self) -> None:
        """Do nothing: each question had a connection of its own."""

    @property
    def _offset(self) -> timedelta:
        return timedelta(seconds=self._clock.seconds)

    def _sample(self) -> Recorded:
        heard = _Heard(
            label=self._shell.host,
            text=self._shell.run(_SAMPLE, more_seconds=2 * _SAMPLE_SECONDS),
            core_hertz=self._shown.core_hertz,
            settings=self._shown.settings,
        )
        return Recorded(heard, self.name)


def _find_unread(start: datetime | None, since: datetime) -> Iterator[Lack]:
    """Yield what was before the log's start, where that is later than what was asked for."""
    if start is None:
        yield Lack(what=LOG, why=EMPTY_LOG, close_by=OLDER_LOGS)
    elif start > since:
        why = SHORT_LOG.fill(time=f"{start.astimezone():%Y-%m-%d %H:%M:%S}")
        yield Lack(what=LOG, why=why, close_by=OLDER_LOGS)


class _Shell:
    """Runs a line in the host's shell, each time over a connection of its own."""

    def __init__(self, host: str, options: SshOptions, limit_seconds: float) -> None:
        self.host = host
        self._options = options
        self._limit_seconds = limit_seconds

    def look(self) -> tuple[Shown, ClockOffset]:
        """Return what the host shows of itself, and how its clock stands to ours."""
        bounds = OffsetBounds()
        sent = datetime.now(UTC)
        shown = parse_shown(self.run(_SHOW))
        told = datetime.fromtimestamp(shown.clock, UTC)
        bounds.take_first(sent, told, datetime.now(UTC), error_seconds=1.0)  # whole seconds
        return shown, bounds.offset or ClockOffset(seconds=0.0, uncertainty_seconds=1.0)

    def run(self, line: str, more_seconds: float = 0.0) -> str:
        """Return what the line prints. Raises NoConnection, TookTooLong, NotThere, WrongUse."""
        ran = run_over_ssh(
            self.host,
            self._options,
            line,
            limit_seconds=self._limit_seconds + more_seconds,
            most_bytes=_MOST_BYTES,
        )
        text = ran.out.decode("utf-8", "replace")
        if not text.strip():
            words = SAYS_NOTHING.fill(
                host=self.host, said=make_plain(ran.err.decode("utf-8", "replace"), 200)
            )
            raise NoConnection(self.host, words, permanent=True)
        return text


@dataclass(kw_only=True, slots=True)
class _Heard:
    """A sample that came over the line. A `Recording`."""

    label: str
    text: str
    core_hertz: float | None
    settings: Mapping[str, Mapping[str, str]] = field(default_factory=dict)

    @contextmanager
    def lines(self) -> Iterator[io.StringIO]:
        """Give its lines; what the login shell said before them is left out."""
        start = max(self.text.find('"(PDH-CSV'), 0)
        yield io.StringIO(self.text[start:], newline="")


BY_SHELL = Words(
    "the shell of an ESXi may act (vim-cmd); whether this user may, only trying would tell",
    "ESXi のシェルからは操作できます (vim-cmd)。このユーザーに可能かは試さないと分かりません",
)
EVENTS = Words("what happened below (events)", "ハイパーバイザーの出来事 (イベント)")
NOT_IN_SHELL = Words("the shell shows only the VMkernel's log", "シェルで見えるのは VMkernel のログのみです")
ASK_INTERFACE = Words("ask its interface over HTTPS", "HTTPS の API に接続")
LOG = Words("alarms of the VMkernel's log", "VMkernel のログの警告")
NO_LOG = Words("its log cannot be read", "ログを読めません")
EMPTY_LOG = Words("the log is empty: it was begun anew just now", "ログが空です (ローテーション直後)")
SHORT_LOG = Words("what is read of it begins only at {time}", "読める範囲は {time} 以降のみです")
OLDER_LOGS = Words(
    "read the older ones on the host: zcat /var/log/vmkernel.*.gz",
    "ホスト上で古いログを確認: zcat /var/log/vmkernel.*.gz",
)
SAYS_NOTHING = Words("{host} said nothing to it: {said}", "{host} は何も返しません: {said}")
