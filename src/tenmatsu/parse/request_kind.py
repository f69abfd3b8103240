"""Who makes a request: a person, a crawler, a tool, an attack, or we ourselves.

Few patterns, for the bulk of what a small site sees; whoever hides as a browser counts as a person.
Sources: the COUNTER list of robots and monperrus/crawler-user-agents (agents); OWASP Core Rule Set,
`scanners-user-agents.data` and `restricted-files.data` (attacks).
"""

import re
from enum import Enum


class RequestKind(Enum):
    """The kinds. `OWN` is Tenmatsu's own requests, which are told of elsewhere."""

    PERSON = "person"
    CRAWLER = "crawler"
    TOOL = "tool"
    ATTACK = "attack"
    OWN = "own"


_OWN = re.compile(rb"tenmatsu/")
_CRAWLER = re.compile(
    rb"bot\b|bot/|crawl|spider|slurp|archiver|facebookexternalhit|feed(?:ly|fetcher)|preview", re.IGNORECASE
)
_SCANNER = re.compile(
    rb"sqlmap|nikto|nmap|zgrab|masscan|nuclei|wpscan|dirbuster|gobuster|acunetix|nessus|openvas",
    re.IGNORECASE,
)
_TOOL = re.compile(
    rb"^(?:-?$|curl/|wget/|python|go-http-client|libwww-perl|lwp|java/|okhttp|apache-httpclient|axios|node"
    rb"|ruby|php|apachebench|check_http|zabbix|prometheus|uptime|monit/|haproxy|kube-probe|elb-health)",
    re.IGNORECASE,
)
# What is asked for only to try whether it is there. Log-in pages are not among them: they are real
# on many sites.
_ATTACK_PATH = re.compile(
    r"/\.(?:env|git/|svn/|aws/|ssh/|htpasswd)|/\.\./|\.\.%2f|%00|/etc/passwd|phpunit|phpmyadmin|/pma/"
    r"|/boaform|/HNAP1|/cgi-bin/luci|/actuator\b|/_ignition|/solr/|/manager/html|\$\{jndi:|/shell\b"
    r"|/eval-stdin|/wp-config|/autodiscover|/owa/|/ecp/|\.(?:sql|bak|old|swp)$",
    re.IGNORECASE,
)


def kind_of_agent(agent: bytes) -> RequestKind:
    """Return what a `User-Agent` says of its sender."""
    if _OWN.match(agent):
        return RequestKind.OWN
    if _SCANNER.search(agent):
        return RequestKind.ATTACK
    if _CRAWLER.search(agent):
        return RequestKind.CRAWLER
    return RequestKind.TOOL if _TOOL.match(agent) else RequestKind.PERSON


def looks_like_attack(path: str) -> bool:
    """Tell whether a path is one that only attackers try. On a site that has it, it is not one."""
    return _ATTACK_PATH.search(path) is not None
