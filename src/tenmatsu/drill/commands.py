"""Commands of this machine that the box is made with: what they print, or why there is no box."""

import shutil
import subprocess
from pathlib import Path

from tenmatsu.errors import NoBox
from tenmatsu.model.words import Words

# Debian keeps half of what is needed where only root looks.
SYSTEM_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
ENVIRONMENT = {"PATH": SYSTEM_PATH, "LC_ALL": "C.UTF-8"}


def run_or_say(argv: tuple[str, ...], folder: Path, limit_seconds: float) -> str:
    """Return what a command printed. Raises NoBox with its last complaint where it fails."""
    program = shutil.which(argv[0], path=SYSTEM_PATH)
    if program is None:
        raise NoBox(MISSING.fill(programs=argv[0]))
    try:
        done = subprocess.run(  # noqa: S603 - our own words, no shell
            [program, *argv[1:]],
            cwd=folder,
            env=ENVIRONMENT,
            capture_output=True,
            text=True,
            errors="replace",
            check=False,
            timeout=limit_seconds,
            stdin=subprocess.DEVNULL,
        )
    except subprocess.TimeoutExpired as late:
        raise NoBox(_LATE.fill(command=" ".join(argv), seconds=f"{limit_seconds:g}")) from late
    if done.returncode:
        said = done.stderr.strip().splitlines() or [f"exit code {done.returncode}"]
        raise NoBox(_FAILED.fill(command=" ".join(argv), said=said[-1]))
    return done.stdout


MISSING = Words(
    "not installed: {programs}. `make live-setup` as root installs what the box needs",
    "次のものが入っていません: {programs}。root で `make live-setup` を実行すると揃います",
)
_LATE = Words("`{command}` did not end in {seconds} s", "`{command}` が {seconds} 秒以内に終わりません")
_FAILED = Words("`{command}` failed: {said}", "`{command}` が失敗しました: {said}")
