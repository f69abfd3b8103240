"""Runs the probe on another machine, over one SSH connection.

A small shell script finds the best that is there, says so in one line (`parse/probe_start.py`), and waits for
the program on its standard input: the whole probe for Python, as root where sudo allows it, or `proc.sh` for
a shell. Whatever the login shell writes before that line is noise.
"""

from tenmatsu.errors import NoConnection
from tenmatsu.model.evidence import Gap
from tenmatsu.model.words import Words
from tenmatsu.parse.probe_frames import Frame, Hello
from tenmatsu.parse.probe_start import Start, StartReader
from tenmatsu.probe.bundle import PYTHON_OPTIONS, make_bundle, make_shell_program
from tenmatsu.probe.rung import Options
from tenmatsu.reach.probe import Lost, ProbeLine, say_why
from tenmatsu.reach.ssh import SshOptions, make_command
from tenmatsu.reach.ssh_messages import SSH_FAILED, explain_ssh

# Where Python 3 is on servers; the last two are RHEL 8's own, and what people install beside an old one.
_PYTHONS = "python3 " + " ".join(f"python3.{minor}" for minor in range(14, 5, -1))
_PLACES = "/usr/libexec/platform-python /usr/local/bin/python3"
_NEW_ENOUGH = "import sys; sys.exit(sys.version_info < (3, 6))"
_RUN = " ".join(PYTHON_OPTIONS)
# Read by the user's login shell, be it csh, fish or busybox: so between its two quotes it holds no quote, no
# backslash, no `!` and no end of line, and it is shorter than 1,024 bytes. A sudo that says no reads nothing;
# after one that ran, Python finds the end of its input and does nothing.
FIND_PYTHON = (
    "exec sh -c '"
    "LC_ALL=C; export LC_ALL; cd /; "
    's() { echo; printf "%s " TENMATSU-START $1 $(id -u) $(id -un) $2; echo; }; '
    f"for n in {_PYTHONS} {_PLACES}; do p=$(command -v $n) && "
    f'$p -I -S -B -c "{_NEW_ENOUGH}" </dev/null >/dev/null 2>&1 && break; p=; done; '
)
REMOTE = (
    FIND_PYTHON + 'if [ -n "$p" ]; then s python $p; '
    "if [ $(id -u) -gt 0 ] && command -v sudo >/dev/null 2>&1; then "
    f"sudo -n $p {_RUN} && exit; fi; exec $p {_RUN}; fi; "
    'if p=$(command -v awk); then s shell $p; p=$(cat); eval "$p"; else s nothing -; fi\''
)

NO_LINE = Words(
    "{host} let us in, but what was asked for did not start: {said}",
    "{host} にログインできましたが、必要なプログラムを起動できませんでした: {said}",
)
NOTHING_THERE = Words(
    "on {host} there is neither a Python 3.6 nor an awk: one of them is needed",
    "{host} には Python 3.6 以降も awk もありません。どちらかが必要です",
)
_SHORT_LIVED = Words(
    "the names of processes that end between two looks; only their number and CPU time are known",
    "2 回の観察の間に終了したプロセスの名前 (数と CPU 時間のみ分かります)",
)
_LESS_EXACT = Words(
    "what root would see more exactly: exit codes and CPU time of processes that ended",
    "root ならより正確に分かること (終了したプロセスの終了コードと CPU 時間)",
)
SUDO_SAYS_NO = Words("{user} may not become root there ({said})", "{user} は root になれません ({said})")
NO_PYTHON = Words("there is no Python 3.6 or newer there", "Python 3.6 以降がありません")
ALLOW = Words(
    "as root there, `visudo -f /etc/sudoers.d/tenmatsu` with this line, which gives {user} all of root's "
    "rights: {line}",
    "root で `visudo -f /etc/sudoers.d/tenmatsu` を実行し、次の行を書きます "
    "({user} に root の全権を与えることになります): {line}",
)
INSTALL = Words("install Python 3.6 or newer there", "Python 3.6 以降を導入してください")


class HostLine(ProbeLine):
    """One run of the probe on a host."""

    _process_group: int | None = 0  # ssh would die of it, and the line with it

    def __init__(self, host: str, options: Options, ssh: SshOptions) -> None:
        """Start ssh. Raises WrongUse where the host's name cannot be one, NotThere where there is no ssh."""
        self._host = host
        self._starting = StartReader()
        self.start: Start | None = None
        super().__init__(make_command(host, ssh, REMOTE), options)

    def _choose_program(self) -> None:
        """Wait for the other side to say what it can run."""

    def _take_start(self, data: bytes) -> bytes:
        if self.start is not None:
            return data
        found = self._starting.feed(data)
        if found is None:
            return b""
        self.start, rest = found
        if self.start.what == "nothing":
            self.permanent = True
        program = make_shell_program if self.start.what == "shell" else make_bundle
        self._programs.put(b"" if self.start.what == "nothing" else program(self._options))
        return rest

    def _why_cut(self) -> Words:
        words = super()._why_cut()
        if self._process.returncode == SSH_FAILED:
            complaint = explain_ssh(self._host, self.said)
            self.permanent = complaint.permanent
            return complaint.words
        if self.permanent:
            return NOTHING_THERE.fill(host=self._host)
        if self.start is None:
            said = [*self.said.splitlines(), *self._starting.noise]
            return NO_LINE.fill(host=self._host, said=said[-1] if said else "?")
        return words

    def _part(self) -> None:
        # ssh says goodbye; the other side sees its line closed at once
        self._process.terminate()

    def find_gaps(self, hello: Hello) -> tuple[Gap, ...]:
        """Return what cannot be seen on this host for want of a right or a Python, and what would help."""
        if self.start is None or (self.start.what == "python" and hello.uid == 0):
            return ()
        why, close_by = NO_PYTHON, INSTALL
        if self.start.what == "python":
            said = [line for line in self.said.splitlines() if line.startswith("sudo: ")]
            why = SUDO_SAYS_NO.fill(user=self.start.user, said=said[-1] if said else "sudo?")
            close_by = ALLOW.fill(user=self.start.user, line=make_sudoers_line(self.start))
        what = _SHORT_LIVED if hello.rung == "proc" else _LESS_EXACT
        return (Gap(sight="probe", component=self._host, what=what, why=why, close_by=close_by),)


def make_sudoers_line(start: Start) -> str:
    """Return the line of sudoers that lets this user start the probe as root (sudoers(5))."""
    return f"{_escape(start.user)} ALL=(root) NOPASSWD: {_escape(start.program)} {_RUN}"


def _escape(word: str) -> str:
    return "".join(f"\\{one}" if one in ',:=\\#"! ' else one for one in word)


def start_on(host: str, options: Options, ssh: SshOptions | None = None) -> tuple[HostLine, Hello]:
    """Start the probe on a host, with the best that is there.

    Returns the line and the probe's first frame. Raises WrongUse where the name cannot be a host's, NotThere
    where this machine has no ssh, NoConnection with what to do where the host cannot be reached or used.
    """
    line = HostLine(host, options, ssh or SshOptions())
    first: Frame | Lost | None = next(line.frames(), None)
    if isinstance(first, Hello):
        return line, first
    line.close()
    raise NoConnection(host, say_why(first), permanent=line.permanent)
