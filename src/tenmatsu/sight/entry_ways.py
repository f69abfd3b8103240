"""Tests of the ways into an entry of the site: its hypervisor's interface, and SSH. Nothing is changed."""

from collections.abc import Callable, Iterator
from urllib.parse import urlsplit

from tenmatsu.errors import NoConnection, NotPermitted, TenmatsuError, WrongUse
from tenmatsu.model.below import Identity, Inventory, Product
from tenmatsu.model.entry_check import Check, Standing, Tested
from tenmatsu.model.evidence import Gap, Value
from tenmatsu.model.site_map import Api
from tenmatsu.model.words import Words, plain
from tenmatsu.parse.plain_text import make_plain
from tenmatsu.parse.probe_frames import Hello
from tenmatsu.probe.rung import Options
from tenmatsu.reach.clock_offset import ClockOffset
from tenmatsu.reach.host_line import HostLine
from tenmatsu.reach.hypervisor import Hypervisor
from tenmatsu.reach.ssh import SshOptions
from tenmatsu.reach.tcp import fetch_certificate

# Log lines carry whole seconds, and so do the changes that are joined with them.
_MOST_OFFSET_SECONDS = 1.0
_API_PORTS = {Product.VMWARE: 443, Product.PROXMOX: 8006}
_PROBE_SECONDS = 5.0

Opener = Callable[[Api, str], Hypervisor]
Starter = Callable[[str, Options, SshOptions], tuple[HostLine, Hello]]


def check_hypervisor(name: str, api: Api, open_it: Opener) -> Iterator[Check]:
    """Yield certificate, who answers, what may be read, whether it would let us act, and its clock."""
    yield from _check_certificate(name, api)
    try:
        hypervisor = open_it(api, name)
    except TenmatsuError as error:
        yield _failed(Tested.HYPERVISOR, error, name)
        return
    try:
        yield from _ask(hypervisor, name)
    finally:
        hypervisor.close()


def _ask(hypervisor: Hypervisor, name: str) -> Iterator[Check]:
    try:
        identity = hypervisor.identify()
    except TenmatsuError as error:
        yield _failed(Tested.HYPERVISOR, error, name)
        return
    said = IS.fill(name=make_plain(identity.name), version=make_plain(identity.version))
    said = said if identity.version else plain(make_plain(identity.name))  # a recording tells none
    yield Check(tested=Tested.HYPERVISOR, standing=Standing.OK, said=said)
    try:
        yield from _check_inventory(hypervisor.take_inventory(), recorded=identity.recorded)
    except TenmatsuError as error:
        yield _failed(Tested.READ, error, name)
    yield _check_acting(identity)
    if not identity.recorded or identity.clock_offset_seconds is not None:
        yield _check_clock(identity.clock_offset_seconds, identity.clock_uncertainty_seconds)


def _failed(tested: Tested, error: TenmatsuError, name: str) -> Check:
    return Check(tested=tested, standing=Standing.LACKS, said=error.words, close_by=_say_remedy(error, name))


def _say_remedy(error: TenmatsuError, name: str) -> Words:
    """Return what to do: of a fault in the call, or a secret that is missing, the error itself says it."""
    if isinstance(error, NotPermitted):
        return GIVE_ROLE
    if isinstance(error, NoConnection):
        return (MEND_KEYS if error.permanent else SEE_WHETHER_ON).fill(name=name)
    return (AFTERWARDS if isinstance(error, WrongUse) else MEND_KEYS).fill(name=name)


def _check_certificate(name: str, api: Api) -> Iterator[Check]:
    """Say which certificate is shown, to be compared and pinned; using it verifies it."""
    if api.product not in _API_PORTS or api.address.startswith("file:") or "://" in api.address:
        return  # a recording, or SSH, which knows its hosts itself
    try:
        host, port = _read_address(api)
        shown = fetch_certificate(host, port)
    except TenmatsuError as error:
        how = _say_remedy(error, name)
        yield Check(tested=Tested.CERTIFICATE, standing=Standing.UNKNOWN, said=error.words, close_by=how)
        return
    values = {"sha256": shown}
    if not api.certificate:
        said, how = SHOWN.fill(sha256=shown), PIN.fill(sha256=shown)
        yield Check(tested=Tested.CERTIFICATE, standing=Standing.NOTE, said=said, close_by=how, values=values)
    elif api.certificate == shown:
        yield Check(tested=Tested.CERTIFICATE, standing=Standing.OK, said=PINNED, values=values)
    else:
        said = CHANGED.fill(shown=shown, pinned=api.certificate)
        yield Check(
            tested=Tested.CERTIFICATE, standing=Standing.LACKS, said=said, close_by=COMPARE, values=values
        )


def _read_address(api: Api) -> tuple[str, int]:
    """Return host and port of an interface. Raises WrongUse."""
    try:
        parts = urlsplit(f"//{api.address}")
        return parts.hostname or "", parts.port or _API_PORTS[api.product]
    except ValueError as bad:  # no port, or one that is no number
        raise WrongUse(BAD_ADDRESS.fill(address=make_plain(api.address, 100))) from bad


def _check_inventory(inventory: Inventory, *, recorded: bool) -> Iterator[Check]:
    """Say what may be read, and what not; of a recording nobody can do anything about that."""
    counts = {"hosts": len(inventory.hosts), "guests": len(inventory.guests)}
    yield Check(tested=Tested.READ, standing=Standing.OK, said=SEES.fill(**counts), values=dict(counts))
    told = set()
    for lack in inventory.lacks:
        words = lack.what + plain(": ") + lack.why
        if words.en not in told:
            told.add(words.en)
            standing = Standing.NOTE if recorded else Standing.LACKS
            yield Check(tested=Tested.READ, standing=standing, said=words, close_by=lack.close_by)


def _check_acting(identity: Identity) -> Check:
    """Say whether guests could be stopped and started; that they cannot is no fault while one only looks."""
    why = identity.may_act_why
    if identity.may_act is None:
        return Check(tested=Tested.ACT, standing=Standing.UNKNOWN, said=MAYBE_ACTS.fill(why=why))
    if identity.may_act:
        return Check(tested=Tested.ACT, standing=Standing.OK, said=ACTS.fill(why=why))
    return Check(tested=Tested.ACT, standing=Standing.NOTE, said=NEVER_ACTS.fill(why=why), close_by=ENOUGH)


def _check_clock(seconds: float | None, uncertainty: float | None) -> Check:
    if seconds is None:
        return Check(tested=Tested.CLOCK, standing=Standing.UNKNOWN, said=NO_CLOCK)
    width = uncertainty or 0.0
    values = {"offset_seconds": round(seconds, 3), "uncertainty_seconds": round(width, 3)}
    said = OFFSET.fill(seconds=f"{seconds:+.1f}", width=f"{max(width, 0.05):.1f}")
    if abs(seconds) - width > _MOST_OFFSET_SECONDS:
        return Check(
            tested=Tested.CLOCK, standing=Standing.LACKS, said=said, close_by=SET_CLOCK, values=values
        )
    return Check(tested=Tested.CLOCK, standing=Standing.OK, said=said, values=values)


def check_ssh(host: str, ssh: SshOptions, start: Starter) -> Iterator[Check]:
    """Yield whether we are let in, which rung of the probe runs there, what would raise it, the clock."""
    try:
        line, hello = start(host, Options(limit_seconds=_PROBE_SECONDS), ssh)
    except TenmatsuError as error:
        yield Check(tested=Tested.SSH, standing=Standing.LACKS, said=error.words)
        return
    try:
        offset: ClockOffset | None = line.clock_offset
        gaps = line.find_gaps(hello)
    finally:
        line.close()
    user = line.start.user if line.start else "?"
    said = LET_IN.fill(host=make_plain(hello.node), user=make_plain(user))
    yield Check(tested=Tested.SSH, standing=Standing.OK, said=said)
    yield _check_probe(hello, gaps)
    yield _check_clock(offset.seconds if offset else None, offset.uncertainty_seconds if offset else None)


def _check_probe(hello: Hello, gaps: tuple[Gap, ...]) -> Check:
    values: dict[str, Value] = {"rung": hello.rung, "uid": hello.uid}
    if gaps:
        said = LESS.fill(rung=hello.rung, what=gaps[0].what, why=gaps[0].why)
        close_by: Words | None = gaps[0].close_by
    elif hello.rung == "proc":
        said, close_by = SAMPLES, None
    else:
        said = RUNG.fill(rung=hello.rung)
        return Check(tested=Tested.PROBE, standing=Standing.OK, said=said, values=values)
    return Check(tested=Tested.PROBE, standing=Standing.NOTE, said=said, close_by=close_by, values=values)


GIVE_ROLE = Words(
    "give the user a role that may read all (which one: docs/site.md, Targets)",
    "すべてを読める役割をユーザーに与えてください (どの役割かは docs/site.md の Targets)",
)
SEE_WHETHER_ON = Words(
    "see whether it is on, and whether this machine reaches it at `api` (or else `address`) of the site file."
    " Then: tenmatsu site check {name}",
    "電源が入っているか、サイトファイルの api (なければ address) にこの機械から届くか確認してください。"
    "その後: tenmatsu site check {name}",
)
MEND_KEYS = Words(
    "correct `api`, `user`, `password` or `certificate` in the site file, or mend it there."
    " Then: tenmatsu site check {name}",
    "サイトファイルの api・user・password・certificate か、相手側を直してください。"
    "その後: tenmatsu site check {name}",
)
AFTERWARDS = Words("then: tenmatsu site check {name}", "その後: tenmatsu site check {name}")
BAD_ADDRESS = Words(
    "'{address}' is not HOST or HOST:PORT: correct `api` in the site file",
    "「{address}」はホスト名でもホスト名:ポートでもありません。サイトファイルの api を直してください",
)
IS = Words("{name}, version {version}", "{name}、バージョン {version}")
SHOWN = Words("shows the certificate {sha256}", "提示された証明書 {sha256}")
PIN = Words(
    "if no authority vouches for it: compare it at the host's own screen, then pin it:"
    ' certificate = "{sha256}"',
    '認証局の署名がなければ、ホスト自身の画面で照合してから固定します: certificate = "{sha256}"',
)
PINNED = Words("shows the pinned certificate", "固定した証明書と一致")
CHANGED = Words(
    "shows another certificate ({shown}) than the pinned one ({pinned})",
    "提示された証明書 ({shown}) が固定したもの ({pinned}) と異なります",
)
COMPARE = Words(
    "somebody may stand between: compare it at the host's own screen before you pin the new one",
    "通信が横取りされている恐れがあります。ホスト自身の画面で照合してから固定し直してください",
)
SEES = Words(
    "may be read: {hosts:host|hosts}, {guests:guest|guests}",
    "読み取り可: ホスト {hosts} 台、ゲスト {guests} 台",
)
ACTS = Words(
    "would be allowed to stop and start guests ({why})", "ゲストの停止・起動が許可されています ({why})"
)
NEVER_ACTS = Words(
    "would not be allowed to stop and start guests ({why})", "ゲストの停止・起動は許可されていません ({why})"
)
MAYBE_ACTS = Words(
    "whether it may stop and start guests, only trying would tell ({why})",
    "ゲストを停止・起動できるかは、試さないと分かりません ({why})",
)
ENOUGH = Words("to look, this is enough, and safer", "調べるだけならこれで十分で、より安全です")
NO_CLOCK = Words("it tells no time of its own", "自身の時刻を示しません")
OFFSET = Words("its clock is {seconds} s from ours (± {width} s)", "時計のずれ {seconds} 秒 (± {width} 秒)")
SET_CLOCK = Words(
    "let it keep its clock by NTP; times are aligned meanwhile, but logs read side by side mislead",
    "NTP で時計を合わせてください。時刻は補正しますが、ログを並べて読むと誤解します",
)
LET_IN = Words("lets us in as {user} ({host})", "{user} としてログイン可 ({host})")
RUNG = Words("sees every process, by {rung}", "全プロセスを観測可 ({rung})")
SAMPLES = Words(
    "looks from time to time (proc): of processes between two looks only the number is known",
    "間隔を置いて観察 (proc)。観察の間に終わったプロセスは数しか分かりません",
)
LESS = Words("by {rung}; not seen: {what} ({why})", "{rung} で観測。見えないもの: {what} ({why})")
