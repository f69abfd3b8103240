"""A site's logs, made: one day, a Movable Type site, its rebuilds killed from a certain minute on.

Deterministic. Lines differ as real ones do: addresses, agents, entries, queries, sizes, durations.
"""

import random
import time
from pathlib import Path
from typing import NamedTuple

SEED = 4
# 22/Nov/2025:00:00:00 +0900
BEGIN = 1763737200
DAY_SECONDS = 86_400
ONSET_SECONDS = 75_600  # 21:00
_BLOCK_LINES = 50_000
_AGENTS = [
    *(f"Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/{n}.0.0.0"
      " Safari/537.36" for n in range(90, 143)),
    *(f"Mozilla/5.0 (X11; Linux x86_64; rv:{n}.0) Gecko/20100101 Firefox/{n}.0" for n in range(100, 145)),
    "Mozilla/5.0 (compatible; bingbot/2.0; +http://www.bing.com/bingbot.htm)",
    "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)",
    "curl/8.5.0",
]  # fmt: skip
_PATHS = [
    *(f"/blog/20{y:02}/{m:02}/entry-{n}.html" for y in range(5, 26) for m in range(1, 13) for n in range(12)),
    *(f"/img/photo-{n}.jpg" for n in range(3000)),
    "/", "/blog/", "/blog/atom.xml", "/robots.txt", "/favicon.ico", "/style.css",
]  # fmt: skip
_CGI = "/cgi-bin/mt/mt-xmlrpc.cgi"
_SEARCH = "/cgi-bin/mt/mt-search.cgi"


class Made(NamedTuple):
    """The logs, and what is true of them."""

    access: Path
    errors: Path
    lines: int
    failed: int
    error_lines: int


def make_logs(folder: Path, lines: int) -> Made:
    """Write an access log (combined, with %D) of so many lines, and an error log that fits it."""
    chance = random.Random(SEED)
    clients = [f"{chance.randrange(1, 224)}.{chance.randrange(256)}.{chance.randrange(256)}.{n % 256}"
               for n in range(60_000)]  # fmt: skip
    made = Made(folder / "access.log", folder / "error.log", lines, 0, 0)
    failed = errors = 0
    with made.access.open("w") as access, made.errors.open("w") as error:
        for begin in range(0, lines, _BLOCK_LINES):
            block: list[str] = []
            said: list[str] = []
            for number in range(begin, min(begin + _BLOCK_LINES, lines)):
                failed += _one(chance, number * DAY_SECONDS // lines, clients, block, said)
            access.write("".join(block))
            error.write("".join(said))
            errors += len(said)
    return made._replace(failed=failed, error_lines=errors)


def _one(chance: random.Random, second: int, clients: list[str], block: list[str], said: list[str]) -> bool:
    """Add a request, and what its script said; tell whether it failed."""
    dice = chance.random()
    visitor = int(len(clients) * chance.random() ** 2)
    client, agent = clients[visitor], _AGENTS[visitor % len(_AGENTS)]
    took, status, size = int(300 + 40_000 * chance.random() ** 4), 200, int(60_000 * chance.random())
    if dice < 0.9:
        asked = "GET " + _PATHS[int(len(_PATHS) * chance.random())]
        status = 304 if dice < 0.2 else 200
    elif dice < 0.95:
        asked = f"GET {_SEARCH}?search={int(1e9 * chance.random()):x}&limit=20"
        took += 300_000
    elif dice < 0.97:
        asked, status = f"GET /wp-content/plugins/{int(1e5 * chance.random())}/.env", 404
    else:
        asked, took = f"POST {_CGI}", int(900_000 + 4_000_000 * chance.random() ** 2)
        if took > 1_500_000 and chance.random() < (0.7 if second >= ONSET_SECONDS else 0.02):
            status, size = 500, 611
    hour, minute, left = second // 3600, second // 60 % 60, second % 60
    stamp = f"22/Nov/2025:{hour:02}:{minute:02}:{left:02} +0900"
    block.append(
        f'{client} - - [{stamp}] "{asked} HTTP/1.1" {status} {size} "https://www.example.org/blog/" "{agent}"'
        f" {took}\n"
    )
    if status == 500:
        said.append(_error_line(BEGIN + second + chance.random() + took / 1e6, client, number=len(block)))
    elif dice > 0.949 and dice < 0.96:
        said.append(_noise(BEGIN + second + chance.random(), client))
    return status == 500


def _error_line(at: float, client: str, number: int) -> str:
    return (
        f"[{_ctime(at)}] [cgi:error] [pid {number % 900 + 100}:tid 1]"
        f" [client {client}:{40_000 + number % 20_000}] End of script output before headers: mt-xmlrpc.cgi\n"
    )


def _noise(at: float, client: str) -> str:
    head = f"[{_ctime(at)}] [core:info] [pid 77:tid 1] [client {client}:4711]"
    return f"{head} AH00128: File does not exist: /srv/x\n"


def _ctime(at: float) -> str:
    """Return a time as Apache's error log has it, in local time without a zone."""
    local = time.localtime(at)
    return time.strftime("%a %b %d %H:%M:%S.", local) + f"{int(at % 1 * 1e6):06} {local.tm_year}"
