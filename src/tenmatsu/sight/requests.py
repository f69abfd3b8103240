"""Our own transactions: the URL that was named as the symptom, asked again and again during the window."""

import random
import ssl
import sys
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from tenmatsu import __version__
from tenmatsu.model.evidence import Outcome
from tenmatsu.model.reason import NO_ANSWER, WINDOW_ENDED
from tenmatsu.model.words import Words
from tenmatsu.parse.answer_page import find_page_fault
from tenmatsu.sight.scene import Notebook, Scene, Sight

if TYPE_CHECKING:
    from types import ModuleType

    import httpx

USER_AGENT = f"tenmatsu/{__version__}"
_LIMIT_SECONDS = 30.0
# One at a time, and never more than two a second: a sick server is not helped by our load.
_SHORTEST_SECONDS = 0.5
_BODY_BYTES = 2_000_000
# Where a request stood, by the last thing that httpcore's trace said was begun.
_STAGES = {
    "connection.connect_tcp": "connect",
    "connection.start_tls": "tls",
    "http11.send_request_headers": "first_byte",
    "http11.receive_response_headers": "first_byte",
    "http11.receive_response_body": "body",
}


@dataclass(frozen=True, kw_only=True, slots=True)
class _Ended:
    """How one request ended."""

    outcome: Outcome
    status: int | None = None
    stage: str = "done"
    size_bytes: int | None = None
    reason: str = ""


def look(scene: Scene, notebook: Notebook) -> None:
    """Ask for the URL until the window is over."""
    if scene.url is None:
        return
    httpx = _load_httpx()
    asked = 0
    context = ssl.create_default_context() if scene.url.startswith("https") else False
    with httpx.Client(
        headers={"User-Agent": USER_AGENT},
        follow_redirects=True,
        max_redirects=5,
        verify=context,
        trust_env=False,
        limits=httpx.Limits(max_keepalive_connections=0),
    ) as client:
        while scene.left_seconds > 0:
            began = time.monotonic()
            _ask_once(scene, notebook, client, scene.url)
            asked += 1
            notebook.read = Words(f"{asked} requests", f"リクエスト {asked} 回")
            pause = _SHORTEST_SECONDS * random.uniform(0.8, 1.2)  # noqa: S311 - jitter, not a secret
            scene.wait(min(max(0.05, pause - (time.monotonic() - began)), scene.left_seconds))


def _load_httpx() -> "ModuleType":
    """Return httpx without its command line, which it does without where that cannot be imported.

    It would bring rich's progress bars and all of pygments along: a tenth of a second of CPU that no
    request needs, out of one second for the whole window.
    """
    sys.modules.setdefault("httpx._main", None)  # type: ignore[arg-type]  # None: "not to be had"
    import httpx

    return httpx


def _ask_once(scene: Scene, notebook: Notebook, client: "httpx.Client", url: str) -> None:
    now, began = scene.reach.now(), time.monotonic()
    ended = _request(scene, client, url)
    parts = urlsplit(url)
    notebook.transaction(
        now,
        ended.outcome,
        "probe",
        parts.path or "/",
        status=ended.status,
        stage=ended.stage,
        duration_seconds=time.monotonic() - began,
        size_bytes=ended.size_bytes,
        reason=ended.reason,
    )


def _request(scene: Scene, client: "httpx.Client", url: str) -> _Ended:
    import httpx

    limit = min(_LIMIT_SECONDS, scene.left_seconds + 1.0)
    stage = "name"

    def trace(event: str, _: object) -> None:
        nonlocal stage
        stage = _STAGES.get(event.rpartition(".")[0], stage)

    try:
        with client.stream("GET", url, timeout=limit, extensions={"trace": trace}) as response:
            body = _read_body(response, time.monotonic() + limit)
    except httpx.TimeoutException:
        if limit < _LIMIT_SECONDS:
            return _Ended(outcome=Outcome.UNKNOWN, stage=stage, reason=WINDOW_ENDED.en)
        return _Ended(outcome=Outcome.FAILED, stage=stage, reason=NO_ANSWER.fill(seconds=f"{limit:.0f}").en)
    except (
        httpx.HTTPError,
        httpx.InvalidURL,
        OSError,
        ValueError,
    ) as error:  # ValueError: a name IDNA forbids
        return _Ended(outcome=Outcome.FAILED, stage=_failed_stage(stage, error), reason=_reason(error))
    fault = find_page_fault(
        response.status_code, body, content_type=response.headers.get("content-type", "").lower()
    )
    return _Ended(
        outcome=Outcome.FAILED if fault else Outcome.OK,
        status=response.status_code,
        size_bytes=len(body),
        reason=fault.reason.en if fault else "",
    )


def _read_body(response: "httpx.Response", deadline: float) -> bytes:
    import httpx

    body = bytearray()
    for chunk in response.iter_bytes():
        body += chunk[: _BODY_BYTES - len(body)]
        if time.monotonic() > deadline:
            raise httpx.ReadTimeout("the body took too long")
    return bytes(body)


def _failed_stage(stage: str, error: Exception) -> str:
    """Tell a name that could not be resolved from a connection that was refused: httpx does both in one."""
    text = str(error).lower()
    if isinstance(error, ValueError) or type(error).__name__ == "InvalidURL":
        return "name"
    if "name or service" in text or "name resolution" in text or "getaddrinfo" in text or "errno -" in text:
        return "name"
    return "tls" if "certificate" in text or "ssl" in text else ("connect" if stage == "name" else stage)


def _reason(error: Exception) -> str:
    text = " ".join(str(error).split()) or type(error).__name__
    return "".join(c if c.isprintable() else "\ufffd" for c in text)[:160]


SIGHT = Sight(
    name="requests",
    title=Words("own requests to the URL", "URL への実リクエスト"),
    look=look,
    watches=True,
)
