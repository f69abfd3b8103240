"""What a web server's error messages mean: few classes, by Apache's message numbers or by their words.

Sources: the strings of Apache 2.4.71 (its message numbers, docs/log-message-tags) and nginx 1.22;
perldiag; PHP's and Python's own first words of a fatal error; php-fpm's fpm_process_ctl.c;
strerror(3).
"""

import re
from enum import Enum


class ErrorClass(Enum):
    """What a line is about. `OTHER` is everything that says nothing by itself."""

    SCRIPT_ENDED = "script-ended-early"
    SCRIPT_TIMEOUT = "script-timeout"
    CANNOT_FORK = "cannot-fork"
    OUT_OF_WORKERS = "out-of-workers"
    APPLICATION = "application-error"
    OUT_OF_MEMORY = "out-of-memory"
    DISK_FULL = "disk-full"
    CHILD_CRASHED = "child-crashed"
    CPU_LIMIT = "cpu-limit"
    NAME_LOOKUP = "name-lookup"
    UPSTREAM = "upstream"
    ATTACK = "attack"
    LIFECYCLE = "lifecycle"
    OTHER = "other"


# Apache numbers its own messages: the surest sign. A timeout's first line (AH01220) is left out,
# since "Script timed out" follows it; so is AH01215, a script's own words.
_CODES = {
    ErrorClass.CANNOT_FORK: "00103 00159 00283 00481 01223 01227 01252 01253 01573 10392 10393",
    ErrorClass.OUT_OF_WORKERS: "00161 00286 00288 00484 00485 00934 03490",
    ErrorClass.CHILD_CRASHED: "00050 00051 00052 01239",
    ErrorClass.APPLICATION: "00035 00132 00529",
    ErrorClass.NAME_LOOKUP: "00547 00549 02327",
    ErrorClass.UPSTREAM: "00866 00896 00939 00957 00958 01067 01070 01075 01079 01102 01103 02454"
    " 10101 10404",
    ErrorClass.ATTACK: "00126 00131 00134 00135 00550 01264 01276 01630 01797 02418 02811 03444 03445 10244",
    ErrorClass.LIFECYCLE: "00094 00163 00169 00170 00171 00173 00292 00295 00297 00489 00491 00492 00493",
    ErrorClass.OTHER: "00162 00287 00289 00486 01114 01220 10159",
}
BY_CODE = {f"AH{code}": found for found, codes in _CODES.items() for code in codes.split()}

# Words, the first that is found decides. Plain `in` tests: many times faster than one large
# pattern.
_WORDS_BY_CLASS: tuple[tuple[ErrorClass, tuple[str, ...]], ...] = (
    # Second lines: the first one said what it is about.
    (
        ErrorClass.OTHER,
        ("BEGIN failed--compilation aborted", "aborted due to compilation errors"),
    ),
    (
        ErrorClass.SCRIPT_ENDED,
        (
            "End of script output before headers",
            "Premature end of script headers",
            "malformed header from script",
            "upstream prematurely closed",
        ),
    ),
    (
        ErrorClass.SCRIPT_TIMEOUT,
        (
            "Script timed out before returning headers",
            "upstream timed out",
            "The timeout specified has expired",
            "Maximum execution time of",
            "execution timed out",
        ),
    ),
    (
        ErrorClass.CANNOT_FORK,
        (
            "couldn't create child process",
            "couldn't spawn child process",
            "error spawning CGI child",
            "Unable to fork new process",
            "Resource temporarily unavailable",
            "Can't fork",
            "Cannot fork",
            "fork() failed",
            "fork failed",
        ),
    ),
    (
        ErrorClass.CPU_LIMIT,
        ("CPU time limit exceeded", "Cputime limit exceeded", "SIGXCPU"),
    ),
    (
        ErrorClass.OUT_OF_MEMORY,
        (
            "Out of memory",
            "out of memory",
            "Cannot allocate memory",
            "Allowed memory size of",
            "MemoryError",
            "virtual memory exhausted",
        ),
    ),
    (
        ErrorClass.OUT_OF_WORKERS,
        (
            "server reached MaxClients",
            "server reached MaxRequestWorkers",
            "scoreboard is full",
            "worker_connections are not enough",
            "no live upstreams",
            "server reached pm.max_children",
            "can't apply process slot",
        ),
    ),
    (
        ErrorClass.DISK_FULL,
        (
            "No space left on device",
            "database or disk is full",
            "Disk quota exceeded",
            "is full (errcode: 28",
        ),
    ),
    (
        ErrorClass.NAME_LOOKUP,
        (
            "Temporary failure in name resolution",
            "Name or service not known",
            "Could not resolve host",
            "could not be resolved",
            "host not found in upstream",
            "getaddrinfo failed",
            "Unknown host",
            "php_network_getaddresses",
        ),
    ),
    (
        ErrorClass.CHILD_CRASHED,
        ("exit signal Segmentation fault", "exited on signal", "Segmentation fault"),
    ),
    (
        ErrorClass.APPLICATION,
        (
            "Can't locate ",
            "Undefined subroutine",
            "Can't call method",
            "Can't load '",
            "Can't use an undefined value",
            "Can't connect to data source",
            "DBI connect(",
            "syntax error at ",
            "Compilation failed in require",
            "PHP Fatal error",
            "PHP Parse error",
            "PHP message: PHP Fatal",
            "Uncaught ",
            "database is locked",
            "ModuleNotFoundError:",
            "ImportError:",
            "exec of '",
            "bad interpreter",
            "Connection to the database",
        ),
    ),
    (
        ErrorClass.UPSTREAM,
        (
            "while connecting to upstream",
            "Connection refused",
            "while reading response header from upstream",
            "while reading upstream",
            "failed to make connection to backend",
        ),
    ),
    (
        ErrorClass.ATTACK,
        (
            "not found or unable to stat",
            "client denied by server configuration",
            "access forbidden by rule",
            "Invalid method in request",
            "client sent invalid",
            "Invalid URI in request",
            "request failed: error reading the headers",
            "(36: File name too long)",
        ),
    ),
    (
        ErrorClass.LIFECYCLE,
        ("resuming normal operations", "caught SIGTERM", "SIGHUP received", "Graceful restart requested"),
    ),
)
_WORDS = tuple((word, found) for found, words in _WORDS_BY_CLASS for word in words)
_EXPIRED = "The timeout specified has expired"
# The last line of a Python traceback, the only one that says what happened.
_PYTHON_ERROR = re.compile(r"^(?:[A-Za-z_]\w*\.)*[A-Z]\w*(?:Error|Exception|Interrupt|Exit)(?:: |$)")
# Perl's own end of a script: `die` with a text names the place. A warning does so too, hence only
# texts that name a failure.
_PERL_DEATH = re.compile(
    r"(?:failed|cannot|can't|could not|denied|error)\b.* at \S+ line \d+\.?$", re.IGNORECASE
)


def classify_error(code: str, message: str) -> ErrorClass:
    """Return what a message is about.

    Args:
        code: Apache's message number (`AH01215`), or empty.
        message: the rest of the line, the system's reason (`(70007)The timeout …: `) included.
    """
    known = BY_CODE.get(code)
    if known is not None and not (known is ErrorClass.UPSTREAM and _EXPIRED in message):
        return known
    for word, found in _WORDS:
        if word in message:
            return found
    if _PYTHON_ERROR.match(message) or _PERL_DEATH.search(message):
        return ErrorClass.APPLICATION
    return ErrorClass.OTHER


_PLACES = re.compile(r"(?<![\w<])/(?:[\w.@%+~:-]+/)+(?=[\w.@%+~:-])")
_NUMBERS = re.compile(r"\b0x[0-9a-fA-F]+\b|\d+(?:[.:]\d+)*")
_INCLUDES = re.compile(r" \((?:you may need to install|@INC)[^\n]*")
_LONGEST_TEMPLATE = 160


def template_of(message: str) -> str:
    """Return the message with what differs each time masked, so that like lines are grouped.

    Numbers, addresses and times become `#`, the folders of a path `…/`.
    """
    masked = _INCLUDES.sub("", message[:1000])
    return _NUMBERS.sub("#", _PLACES.sub("…/", masked))[:_LONGEST_TEMPLATE].strip()
