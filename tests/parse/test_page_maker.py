"""Who made an error page: the server, the application, or a proxy in front."""

import pytest
from tests.attempt.fake_blog import GATEWAY_504, NOW, SERVERS_500

from tenmatsu.model.exchange import Exchange
from tenmatsu.parse.answer_page import Maker, find_fault, find_page_maker

NGINX = (
    b"<html>\r\n<head><title>502 Bad Gateway</title></head>\r\n<body>\r\n"
    b"<center><h1>502 Bad Gateway</h1></center>\r\n"
    b"<hr><center>nginx/1.22.1</center>\r\n</body>\r\n</html>\r\n"
)
ELB = NGINX.replace(b"<hr><center>nginx/1.22.1</center>\r\n", b"")
VARNISH = (
    b"<!DOCTYPE html>\n<html>\n  <head>\n    <title>503 Backend fetch failed</title>\n  </head>\n  <body>\n"
    b"    <h1>Error 503 Backend fetch failed</h1>\n    <p>Backend fetch failed</p>\n"
    b"    <h3>Guru Meditation:</h3>\n    <p>XID: 32770</p>\n    <hr>\n    <p>Varnish cache server</p>\n"
    b"  </body>\n</html>\n"
)
SQUID = b'<!DOCTYPE html><html><head><title>ERROR</title></head><body id="ERR_READ_TIMEOUT"></body></html>'
CLOUDFLARE = (
    b"<!DOCTYPE html>\n<html><head>\n<title>example.com | 502: Bad gateway</title></head>\n"
    b'<body><div id="cf-wrapper"><div id="cf-error-details"></div></div></body></html>'
)
WORDPRESS = b"<!DOCTYPE html><html><head><title>WordPress &rsaquo; Error</title></head><body></body></html>"
CASES = {
    "apache": (500, SERVERS_500, {"Server": "Apache"}, Maker.SERVER),
    "nginx alone": (502, NGINX, {"Server": "nginx/1.22.1"}, Maker.SERVER),
    "nginx seen through a proxy": (502, NGINX, {"Server": "nginx", "Via": "1.1 front"}, Maker.PROXY),
    "a script's end, seen through a proxy": (500, SERVERS_500, {"Via": "1.1 varnish"}, Maker.SERVER),
    "haproxy": (504, GATEWAY_504, {}, Maker.PROXY),
    "elastic load balancer": (503, ELB, {"Server": "awselb/2.0"}, Maker.PROXY),
    "varnish": (503, VARNISH, {"Server": "Varnish", "X-Varnish": "32770"}, Maker.PROXY),
    "squid": (504, SQUID, {"X-Squid-Error": "ERR_READ_TIMEOUT 0"}, Maker.PROXY),
    "cloudflare": (502, CLOUDFLARE, {"Server": "cloudflare", "CF-Ray": "1-NRT"}, Maker.PROXY),
    "cloudflare, short": (524, b"error code: 524", {"Server": "cloudflare"}, Maker.PROXY),
    "envoy": (503, b"upstream connect error or disconnect/reset before headers", {}, Maker.PROXY),
    "an application behind cloudflare": (500, WORDPRESS, {"Server": "cloudflare"}, Maker.APPLICATION),
    "an application behind a cache": (
        500,
        WORDPRESS,
        {"Server": "Apache", "X-Cache": "MISS"},
        Maker.APPLICATION,
    ),
    "nothing": (500, b"", {}, Maker.APPLICATION),
}


@pytest.mark.parametrize("case", CASES)
def test_who_made_it(case: str) -> None:
    status, body, headers, maker = CASES[case]
    exchange = Exchange(
        time=NOW, method="GET", url="/", status=status, body=body, headers=tuple(headers.items())
    )
    assert find_page_maker(exchange) is maker
    fault = find_fault(exchange)
    assert fault is not None
    assert (fault.maker, fault.reason.en.startswith(f"{status}, ")) == (maker, True)


def test_an_answer_in_order_has_no_fault() -> None:
    page = b"<html><title>A blog</title></html>"
    for status in (200, 301, 401, 403):
        assert find_fault(Exchange(time=NOW, method="GET", url="/", status=status, body=page)) is None
