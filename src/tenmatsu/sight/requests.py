"""Our own transactions: the URL that was named as the symptom, asked again and again during the window."""

import random
import time
from urllib.parse import urlsplit

from tenmatsu.model.evidence import Outcome
from tenmatsu.model.exchange import Ask, Asker, Exchange
from tenmatsu.model.reason import WINDOW_ENDED
from tenmatsu.model.words import Words
from tenmatsu.sight.scene import Notebook, Scene, Sight

_LIMIT_SECONDS = 30.0
# One at a time, and never more than two a second: a sick server is not helped by our load.
_SHORTEST_SECONDS = 0.5


def look(scene: Scene, notebook: Notebook) -> None:
    """Ask for the URL until the window is over."""
    if scene.url is None:
        return
    from tenmatsu.reach.http import HttpAsker  # brings ssl along

    asked = 0
    with HttpAsker() as asker:
        while scene.left_seconds > 0:
            began = time.monotonic()
            _ask_once(scene, notebook, asker, scene.url)
            asker.forget()
            asked += 1
            notebook.read = READ.fill(asked=asked)
            pause = _SHORTEST_SECONDS * random.uniform(0.8, 1.2)  # noqa: S311 - jitter, not a secret
            scene.wait(min(max(0.05, pause - (time.monotonic() - began)), scene.left_seconds))


def _ask_once(scene: Scene, notebook: Notebook, asker: Asker, url: str) -> None:
    now = scene.reach.now()
    limit = min(_LIMIT_SECONDS, scene.left_seconds + 1.0)
    exchange = asker.ask(Ask(method="GET", url=url, limit_seconds=limit))
    outcome, reason = _judge(exchange, limit)
    notebook.transaction(
        now,
        outcome,
        "probe",
        urlsplit(url).path or "/",
        status=exchange.status if exchange.is_whole else None,
        stage=exchange.stage,
        duration_seconds=exchange.duration_seconds,
        size_bytes=exchange.size_bytes if exchange.is_whole else None,
        reason=reason,
    )


def _judge(exchange: Exchange, limit: float) -> tuple[Outcome, str]:
    """Return how it ended; what our own window cut off is nobody's failure."""
    if not exchange.is_whole:
        if exchange.timed_out and limit < _LIMIT_SECONDS:
            return Outcome.UNKNOWN, WINDOW_ENDED.en
        return Outcome.FAILED, exchange.reason
    from tenmatsu.parse.answer_page import find_fault  # many patterns, for nothing where no URL is named

    fault = find_fault(exchange)
    return (Outcome.FAILED, fault.reason.en) if fault else (Outcome.OK, "")


READ = Words("{asked:request|requests}", "リクエスト {asked} 回")

SIGHT = Sight(
    name="requests",
    title=Words("own requests to the URL", "URL への実リクエスト"),
    look=look,
    watches=True,
)
