"""What a process that a web server started is: a CGI script, or a FastCGI program.

Source: RFC 3875 (CGI 1.1): the server gives each script `GATEWAY_INTERFACE` and `REQUEST_METHOD`;
Apache adds `SCRIPT_FILENAME`. Nothing else of the environment is looked at: it holds cookies.
"""

import re
from enum import Enum

from tenmatsu.parse.clean_text import clean_text

_SCRIPT = re.compile(rb"(?:^|\0)SCRIPT_FILENAME=([^\0]*)")
_METHOD = re.compile(rb"(?:^|\0)REQUEST_METHOD=")
_SCRIPT_NAMES = (".cgi", ".pl", ".py", ".rb", ".sh", ".php", ".fcgi")
_LONGEST = 200


class CgiKind(Enum):
    """`CGI`: one process a request. `FASTCGI`: one for many. `HELPER`: started by a script itself."""

    CGI = "cgi"
    FASTCGI = "fastcgi"
    HELPER = "helper"


def kind_of_environment(environment: bytes) -> CgiKind:
    """Return what a process is by the environment that it was started with."""
    return CgiKind.CGI if _METHOD.search(environment) else CgiKind.FASTCGI


def script_of(command: bytes, environment: bytes) -> str:
    """Return the script's path, without arguments; empty where neither names it.

    Args:
        command: `/proc/PID/cmdline`.
        environment: `/proc/PID/environ`, empty where it may not be read.
    """
    named = _SCRIPT.search(environment)
    if named:
        return _shown(named.group(1))
    words = command.rstrip(b"\0").split(b"\0")
    for word in words[:4]:
        text = word.decode("utf-8", "replace")
        if text.endswith(_SCRIPT_NAMES):
            return _shown(word)
    return _shown(words[0])


def _shown(path: bytes) -> str:
    return clean_text(path.decode("utf-8", "replace"), _LONGEST)
