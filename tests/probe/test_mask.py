"""Command lines keep what they say, and lose what is secret."""

import re
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tenmatsu.probe.mask import is_secret, mask_command, mask_text

SECRET = "S3cret"
WITH_SECRET = [
    ["mysql", "-uroot", f"-p{SECRET}", "blog"],
    ["/usr/bin/mysqldump", f"--password={SECRET}", "blog"],
    ["sudo", "-u", "mt", "mysql", f"-p{SECRET}"],
    ["sh", "-c", f"mysql -u root -p{SECRET} blog | gzip > /backup"],
    ["sh", "-c", f"cd /x; PGPASSWORD={SECRET} psql -h db"],
    ["bash", "-c", f"mysqladmin --password='{SECRET} {SECRET}' ping"],
    ["bash", "-c", f"sh -c 'mysql -p{SECRET}'"],
    ["ssh", "db1", f"mysql -p{SECRET}"],
    ["curl", "-u", f"bob:{SECRET}", "http://host"],
    ["curl", f"-ubob:{SECRET}", "http://host"],
    ["curl", "--proxy-user", f"bob:{SECRET}", "http://host"],
    ["curl", f"https://bob:{SECRET}@host/x?token={SECRET}&page=2"],
    ["curl", "-H", f"Authorization: Bearer {SECRET}", "http://host"],
    ["curl", "-H", f"X-MT-Authorization: MTAuth accessToken={SECRET}"],
    ["curl", "-H", f"Cookie: session={SECRET}; other={SECRET}"],
    ["curl", "-d", f'{{"user": "bob", "password": "{SECRET}"}}'],
    ["wget", f"--http-password={SECRET}", "http://host"],
    ["app", "--api-key", SECRET, f"--auth-token={SECRET}", "-secret", SECRET],
    ["app", f"clientSecret={SECRET}", f"PRIVATE_KEY={SECRET}"],
    ["env", f"DB_PASS={SECRET}", f"AWS_SECRET_ACCESS_KEY={SECRET}", f"MYSQL_PWD={SECRET}", "app"],
    ["mount.cifs", "//nas/x", "/mnt", "-o", f"username=bob,password={SECRET},uid=5"],
    ["sshpass", "-p", SECRET, "ssh", "-p", "22", "host"],
    ["sshpass", f"-p{SECRET}", "scp", "x", "host:"],
    ["redis-cli", "-a", SECRET, "ping"],
    ["openssl", "enc", "-passin", f"pass:{SECRET}"],
    ["sqlplus", f"scott/{SECRET}@db"],
    ["smbclient", "-U", f"bob%{SECRET}", "//nas/x"],
    ["mysql", "-e", f"ALTER USER 'x'@'%' IDENTIFIED BY '{SECRET}'"],
    ["psql", f"postgresql://bob:{SECRET}@db/blog"],
    ["psql", f"host=db user=bob password={SECRET} dbname=blog"],
    ["app", f"Server=db;User Id=sa;Password={SECRET};"],
    ["ldapsearch", "-x", "-w", SECRET, "-b", "dc=example"],
    ["snmpwalk", "-v2c", "-c", SECRET, "switch1"],
    ["zip", "-P", SECRET, "x.zip", "x"],
    ["7z", "a", f"-p{SECRET}", "x.7z"],
    ["python3", "-c", f"connect(password='{SECRET}', host='x')"],
    ["xfreerdp", f"/p:{SECRET}", "/v:host"],
    ["git", "clone", "https://ghp_" + "S3cret" * 6 + "@github.com/x/y"],
    ["app", "sk-" + "S3cretS3cretS3cret"],
]
HARMLESS = [
    ["mysql", "-p", "blog"],
    ["mysql", "-P3306", "-uroot"],
    ["app", "--password-file=/etc/app/password", "--secret-name=x", "--token-ttl", "60"],
    ["app", "--ask-password", "user", "--no-password", "x"],
    ["app", "--password", "--verbose", "x"],
    ["app", "--max-tokens=100", "--tokenizer=bert", "--author=me", "--bypass=yes"],
    ["env", "PWD=/root", "OLDPWD=/", "TERM=xterm"],
    ["docker", "run", "-p", "8080:80", "-u", "1000:1000", "--user", "33:33", "image"],
    ["ssh", "-p", "22", "host", "uptime"],
    ["mkdir", "-p", "/srv/keys/secret"],
    ["getent", "passwd", "root"],
    ["passwd", "bob"],
    ["git", "clone", "git@github.com:owner/repository"],
    ["curl", "http://host:8080/path@2x.png"],
    ["sh", "-c", "test -f /etc/passwd && grep -c token /var/log/auth.log"],
    ["perl", "/cgi-bin/mt.cgi", "keyboard=us", "monkey=1", "compass=n"],
    ["rsync", "-a", "user@host:/x", "."],
    ["hald-addon-storage: polling /dev/sr0 (every 2 sec)"],
]


def masked(arguments: list[str]) -> str:
    return "\0".join(one.decode() for one in mask_command([one.encode() for one in arguments]))


@pytest.mark.parametrize("arguments", WITH_SECRET, ids=lambda one: " ".join(one)[:50])
def test_a_secret_does_not_leave(arguments: list[str]) -> None:
    left = masked(arguments)
    assert SECRET not in left
    assert "***" in left
    assert len(left.split("\0")) == len(arguments)
    assert left.split("\0")[0] == arguments[0]


@pytest.mark.parametrize("arguments", HARMLESS, ids=lambda one: " ".join(one)[:50])
def test_what_is_harmless_stays(arguments: list[str]) -> None:
    assert masked(arguments).split("\0") == arguments


def test_what_stands_around_a_secret_stays() -> None:
    assert masked(["sh", "-c", "mysql -h db1 -pX blog | gzip"]) == "sh\0-c\0mysql -h db1 -p*** blog | gzip"
    assert (
        masked(["curl", "https://bob:X@host/x?token=X&p=2"]) == "curl\0https://bob:***@host/x?token=***&p=2"
    )
    assert masked(["curl", "-H", "Authorization: Basic X"]) == "curl\0-H\0Authorization: Basic ***"


def test_a_command_line_cut_within_an_address_hides_the_password() -> None:
    assert mask_command([b"curl", b"http://bob:S3c"], cut=True) == (b"curl", b"http://bob:***")
    assert mask_command([b"curl", b"http://host:80"], cut=False) == (b"curl", b"http://host:80")


@pytest.mark.parametrize(
    "key", ["db-password", "PGPASSWORD", "MYSQL_PWD", "clientSecret", "api_key", "x.token"]
)
def test_keys_that_announce_a_secret(key: str) -> None:
    assert is_secret(key.encode())


@pytest.mark.parametrize("key", ["PWD", "key", "password-file", "passthrough", "authority", "token_type", ""])
def test_keys_that_do_not(key: str) -> None:
    assert not is_secret(key.encode())


@given(st.lists(st.binary(max_size=60), max_size=6), st.booleans())
def test_any_bytes_give_as_many_arguments(arguments: list[bytes], cut: bool) -> None:
    assert len(mask_command(arguments, cut)) == len(arguments)


WORD = st.from_regex(re.compile(rb"[A-Za-z0-9]{6,20}"), fullmatch=True)


@given(
    WORD,
    st.sampled_from([b"--password=%s", b"x://u:%s@h", b"DB_TOKEN=%s", b"a --secret %s b", b"X-Api-Key: %s"]),
)
def test_any_word_is_hidden(word: bytes, pattern: bytes) -> None:
    assert word not in mask_command([b"program", pattern % word])[1]


@pytest.mark.parametrize(
    "part",
    b"= ' a= x x- a:// password identified\\twith\\t http://a: \\\" ( \\t - _. password= eyJ".split(),
)
def test_hostile_text_costs_no_more_than_any_other(part: bytes) -> None:
    text = part * (65536 // len(part))
    began = time.process_time()
    mask_text(text)
    mask_command([b"sh", b"-c", text, text + b" " + text])
    assert time.process_time() - began < 2
