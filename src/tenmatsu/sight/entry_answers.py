"""Tests of what an entry of the site answers from outside: its address, port, URL, name."""

from collections.abc import Iterator, Sequence
from urllib.parse import urlsplit

from tenmatsu.errors import NoConnection
from tenmatsu.model.entry_check import Check, Standing, Tested
from tenmatsu.model.exchange import Ask
from tenmatsu.model.reason import read_reason
from tenmatsu.model.site_map import Entry, EntryKind, SiteMap
from tenmatsu.model.words import Words, plain
from tenmatsu.parse.plain_text import make_plain
from tenmatsu.reach.tcp import connect, resolve

# Where a machine most often answers, or refuses: both say that it is there.
_USUAL_PORTS = (22, 443, 80, 3389)
_LIMIT_SECONDS = 5.0
_DNS_PORT = 53


def check_answers(entry: Entry, site: SiteMap) -> Iterator[Check]:
    """Yield the tests that fit an entry's keys; nothing for one that has none of them."""
    if entry.kind in (EntryKind.SERVICE, EntryKind.OUTSIDE) and (entry.url or entry.port):
        yield from _check_service(entry, site)
    elif entry.addresses:
        yield _check_address(entry, site)


def _check_address(entry: Entry, site: SiteMap) -> Check:
    """Tell whether a machine is there: somebody connects or refuses at any of its ports."""
    own = [one.port for one in site.running_on(entry.name) if one.port]
    ports = tuple(dict.fromkeys((*own, *_USUAL_PORTS)))[:6]
    for address in entry.addresses:
        for port in ports:
            try:
                connect(address, port, limit_seconds=_LIMIT_SECONDS / 2)
            except NoConnection as error:
                if not error.permanent:
                    continue
            return Check(
                tested=Tested.ADDRESS, standing=Standing.OK, said=THERE.fill(address=address, port=port)
            )
    asked = ", ".join(map(str, ports))
    return Check(
        tested=Tested.ADDRESS,
        standing=Standing.LACKS,
        said=SILENT.fill(addresses=", ".join(entry.addresses), ports=asked),
        close_by=WAKE,
    )


def _check_service(entry: Entry, site: SiteMap) -> Iterator[Check]:
    if entry.url:
        host = _host_of(entry.url)
        if host and not _is_address(host):
            yield _check_name(host, _addresses_of(entry, site))
        yield _check_url(entry.url)
        return
    addresses = _addresses_of(entry, site)
    if not addresses:
        yield Check(tested=Tested.ANSWER, standing=Standing.UNKNOWN, said=NO_ADDRESS, close_by=GIVE_ADDRESS)
        return
    port = entry.port or 0
    yield _check_dns(addresses) if port == _DNS_PORT else _check_port(addresses, port)


def _addresses_of(entry: Entry, site: SiteMap) -> tuple[str, ...]:
    return entry.addresses or site.machine_of(entry.name).addresses


def _check_port(addresses: Sequence[str], port: int) -> Check:
    error: NoConnection | None = None
    for address in addresses:
        try:
            connect(address, port, limit_seconds=_LIMIT_SECONDS)
        except NoConnection as no:
            error = error or no
        else:
            said = LISTENS.fill(address=address, port=port)
            return Check(tested=Tested.ANSWER, standing=Standing.OK, said=said)
    words = error.words if error else NO_ADDRESS
    return Check(tested=Tested.ANSWER, standing=Standing.LACKS, said=words, close_by=LOOK_AT_SERVICE)


def _check_dns(addresses: Sequence[str]) -> Check:
    """Ask for the root's name servers, to which every resolver on the way to the world has an answer."""
    import dns.exception
    import dns.message
    import dns.query
    import dns.rcode

    why = ""
    for address in addresses:
        try:
            answer = dns.query.udp(
                dns.message.make_query(".", "NS"), address, timeout=_LIMIT_SECONDS, port=_DNS_PORT
            )
        except (dns.exception.DNSException, OSError) as error:
            why = why or make_plain(f"{address}: {error}", 160)
            continue
        said = ANSWERS_DNS.fill(address=address, code=dns.rcode.to_text(answer.rcode()))
        return Check(tested=Tested.ANSWER, standing=Standing.OK, said=said)
    return Check(tested=Tested.ANSWER, standing=Standing.LACKS, said=plain(why), close_by=LOOK_AT_SERVICE)


def _check_name(host: str, expected: Sequence[str]) -> Check:
    try:
        found = resolve(host)
    except NoConnection as error:
        return Check(tested=Tested.NAME, standing=Standing.LACKS, said=error.words, close_by=MEND_NAME)
    said = LEADS_TO.fill(name=host, addresses=", ".join(found))
    if expected and not set(found) & set(expected):  # a proxy, an address translated: no fault by itself
        said += ELSEWHERE.fill(addresses=", ".join(expected))
        return Check(tested=Tested.NAME, standing=Standing.NOTE, said=said)
    return Check(tested=Tested.NAME, standing=Standing.OK, said=said)


def _check_url(url: str) -> Check:
    from tenmatsu.reach.http import HttpAsker  # brings ssl along

    with HttpAsker() as asker:
        exchange = asker.ask(Ask(method="GET", url=url, limit_seconds=_LIMIT_SECONDS * 2))
    if exchange.status is None or not exchange.is_whole:
        said = NO_PAGE.fill(url=url, why=read_reason(make_plain(exchange.reason, 200)))
        return Check(tested=Tested.ANSWER, standing=Standing.LACKS, said=said, close_by=LOOK_AT_SERVICE)
    values = {"status": exchange.status, "duration_seconds": round(exchange.duration_seconds, 3)}
    said = PAGE.fill(url=url, status=exchange.status, seconds=f"{exchange.duration_seconds:.2f}")
    if exchange.status >= 500:
        return Check(
            tested=Tested.ANSWER,
            standing=Standing.LACKS,
            said=said,
            close_by=INVESTIGATE.fill(url=url),
            values=values,
        )
    standing = Standing.NOTE if exchange.status >= 400 else Standing.OK  # 401 and 403 are answers, too
    return Check(tested=Tested.ANSWER, standing=standing, said=said, values=values)


def _host_of(url: str) -> str:
    try:
        return urlsplit(url).hostname or ""
    except ValueError:
        return ""


def _is_address(host: str) -> bool:
    return ":" in host or host.replace(".", "").isdecimal()


THERE = Words("{address} is there (port {port})", "{address} は応答あり (ポート {port})")
SILENT = Words(
    "no answer from {addresses} (tried ports {ports})", "{addresses} から応答なし (ポート {ports} を確認)"
)
WAKE = Words(
    "see whether it runs; a firewall that drops everything looks the same: write `port` for a service that"
    " runs on it",
    "動いているか確認してください。すべて遮断するファイアウォールでも同じに見えます。"
    "その上のサービスの port を書くと、そこで確認します",
)
NO_ADDRESS = Words(
    "neither it nor its machine has an address", "自身にも載っている機械にもアドレスがありません"
)
GIVE_ADDRESS = Words("write address into the site file", "サイトファイルに address を書いてください")
LISTENS = Words("{address}:{port} takes connections", "{address}:{port} は接続を受け付けます")
LOOK_AT_SERVICE = Words(
    "see on its machine whether it runs: tenmatsu top --on HOST, or tenmatsu investigate there",
    "その機械で動いているか確認: tenmatsu top --on ホスト名、またはそのマシン上で tenmatsu investigate",
)
ANSWERS_DNS = Words("{address} answers DNS ({code})", "{address} は DNS に応答 ({code})")
LEADS_TO = Words("{name} is {addresses}", "{name} は {addresses}")
ELSEWHERE = Words(
    "; the site file has {addresses} (a proxy or a translated address is no fault)",
    "。サイトファイルでは {addresses} (プロキシやアドレス変換なら問題ありません)",
)
MEND_NAME = Words(
    "see whether the name servers answer (tenmatsu site check tests those that have port = 53)",
    "ネームサーバーの応答を確認 (port = 53 のものは tenmatsu site check が調べます)",
)
PAGE = Words("{url} answers {status} in {seconds} s", "{url} は {status} を {seconds} 秒で返します")
NO_PAGE = Words("{url}: {why}", "{url}: {why}")
INVESTIGATE = Words(
    "on its machine: tenmatsu investigate --url {url}", "その機械で tenmatsu investigate --url {url}"
)
