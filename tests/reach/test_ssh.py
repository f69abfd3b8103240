"""The ssh command line: safe whatever the host is called; and ssh's complaints say what to do."""

import re
import subprocess

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tenmatsu.errors import WrongUse
from tenmatsu.reach import ssh as ssh_module
from tenmatsu.reach.ssh import SshOptions, check_host, make_command
from tenmatsu.reach.ssh_messages import explain_ssh

# What is the user's to choose, and what would make a connection less safe.
USERS_OWN = frozenset(
    "UserKnownHostsFile GlobalKnownHostsFile CheckHostIP ProxyJump ProxyCommand ControlMaster ControlPath "
    "IdentityFile ForwardAgent NoHostAuthenticationForLocalhost KexAlgorithms HostKeyAlgorithms Ciphers MACs "
    "PubkeyAcceptedKeyTypes".split()
)
OLD = frozenset({"diffie-hellman-group1-sha1", "ssh-rsa", "3des-cbc", "hmac-md5"})


@pytest.mark.parametrize(
    "host",
    ["web1", "root@web1.example.com", "a.b-c@192.0.2.1", "::1", "fe80::1%eth0", "[::1]", "_x", "ホスト"],
)
def test_names_that_hosts_have(host: str) -> None:
    assert make_command(host, SshOptions(), "true")[-3:] == ("--", host, "true")


@pytest.mark.parametrize(
    "host",
    [
        "",
        "-oProxyCommand=id",
        "a b",
        "a\nb",
        "a\x1b",
        "$(id)",
        "`id`",
        "a;b",
        "a|b",
        "-x@b",
        "a@-b",
        "a@",
        "@b",
        "a'b",
        "a" * 300,
    ],
)
def test_names_that_no_host_has(host: str) -> None:
    with pytest.raises(WrongUse) as caught:
        make_command(host, SshOptions(), "true")
    assert caught.value.words.en.isprintable()


@given(st.text(max_size=30))
def test_no_name_becomes_an_option(host: str) -> None:
    try:
        assert check_host(host) == host
    except WrongUse:
        return
    assert not host.startswith("-")
    assert host.isprintable()


def test_nothing_makes_it_less_safe() -> None:
    words = make_command("web1", SshOptions(config="/x", old_algorithms=frozenset({"web2"})), "true")
    settings = {word.partition("=")[0]: word.partition("=")[2] for word in words if "=" in word}
    assert settings["StrictHostKeyChecking"] == "yes"
    assert settings["BatchMode"] == "yes"
    assert {"-T", "-a", "-x"} <= set(words)
    assert words[words.index("-F") + 1] == "/x"
    assert settings.keys() & USERS_OWN == set()


def test_old_algorithms_are_added_only_for_a_host_that_was_named(monkeypatch: pytest.MonkeyPatch) -> None:
    ssh_module._old_algorithms.cache_clear()
    monkeypatch.setattr(ssh_module, "_ask_ssh", lambda kind: OLD)
    options = SshOptions(old_algorithms=frozenset({"web1"}))
    added = set(make_command("web1", options, "true")) - set(make_command("web2", options, "true")) - {"web1"}
    assert set(make_command("me@web1", options, "true")) >= added - {"web1"}
    ssh_module._old_algorithms.cache_clear()
    assert added == {
        "KexAlgorithms=+diffie-hellman-group1-sha1",
        "HostKeyAlgorithms=+ssh-rsa",
        "PubkeyAcceptedKeyTypes=+ssh-rsa",
        "Ciphers=+3des-cbc",
        "MACs=+hmac-md5",
    }


def test_the_local_ssh_takes_all_of_it() -> None:
    options = SshOptions(config="/dev/null", old_algorithms=frozenset({"web1"}))
    words = list(make_command("web1", options, "true"))
    try:
        asked = subprocess.run([words[0], "-G", *words[1:-1]], capture_output=True, text=True, check=False)
    except FileNotFoundError:
        pytest.skip("ssh is not installed")
    finally:
        ssh_module._old_algorithms.cache_clear()
        ssh_module._ask_ssh.cache_clear()
    assert (asked.returncode, asked.stderr) == (0, "")
    assert "batchmode yes" in asked.stdout
    assert re.search("^stricthostkeychecking (true|yes)$", asked.stdout, re.MULTILINE)
    assert "ssh-rsa" in asked.stdout


CHANGED = """\
@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@
@    WARNING: REMOTE HOST IDENTIFICATION HAS CHANGED!     @
@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@
Host key for web1 has changed and you have requested strict checking.
Host key verification failed.
"""


UNKNOWN = "No ED25519 host key is known for web1 and you have requested strict checking."
NEGOTIATE = "Unable to negotiate with 192.0.2.1 port 22: no matching {} found. Their offer: {}"
RESOLVE = "ssh: Could not resolve hostname web1: "
CONNECT = "ssh: connect to host web1 port 22: "
JUMP = "channel 0: open failed: administratively prohibited: open failed\nstdio forwarding failed\n"


@pytest.mark.parametrize(
    ("said", "means", "permanent"),
    [
        (CHANGED, "somebody stands between", True),
        (UNKNOWN + "\nHost key verification failed.", "compare the key", True),
        ("me@web1: Permission denied (publickey,password).", "does not let us in", True),
        ("Received disconnect from 192.0.2.1: Too many authentication failures", "let us in", True),
        (RESOLVE + "Name or service not known", "is not known", True),
        (RESOLVE + "Temporary failure in name resolution", "looked up now", False),
        (CONNECT + "Connection refused", "refuses", False),
        (CONNECT + "No route to host", "cannot be reached", False),
        (CONNECT + "Connection timed out", "cannot be reached", False),
        (NEGOTIATE.format("key exchange method", "x-sha1"), "Their offer: x-sha1", True),
        (NEGOTIATE.format("host key type", "ssh-rsa,ssh-dss"), "old algorithms", True),
        ("kex_exchange_identification: Connection closed by remote host", "before the login", False),
        ("Timeout, server web1 not responding.", "is dead", False),
        (JUMP + "Connection closed by UNKNOWN port 65535", "jump host", False),
        ("/home/me/.ssh/config: line 3: Bad configuration option: prxy", "own configuration", True),
        ("Bad owner or permissions on /home/me/.ssh/config", "own configuration", True),
        ("", "failed (?)", False),
        ("something \x1b[31mnew\x00", "failed (something  [31mnew)", False),
    ],
)
def test_each_complaint_says_what_to_do(said: str, means: str, permanent: bool) -> None:
    complaint = explain_ssh("me@web1", "Banner: hello\n" + said if said else said)
    assert means in complaint.words.en
    assert "web1" in complaint.words.ja or "ssh" in complaint.words.ja
    assert complaint.permanent == permanent
    assert complaint.words.en.isprintable()


def test_the_key_is_removed_by_the_hosts_name_alone() -> None:
    assert "ssh-keygen -R web1`" in explain_ssh("me@web1", CHANGED).words.en


@given(st.text(max_size=300))
def test_any_complaint_gives_words(said: str) -> None:
    explain_ssh("web1", said)
