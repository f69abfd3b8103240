"""Records a case of each fault, broken and mended.

`python -m tests.live.record OUTDIR [FAULT...]` writes OUTDIR/FAULT.case and FAULT-mended.case.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from .bed import Settings, Unusable, serving, why_unusable
from .bed.fault import Fault, Scene
from .bed.faults import FAULTS, writes_fail_in_bursts
from .investigate import investigate

EXIT_CODES_OF_A_VERDICT = (0, 1)
RECORDED = (*FAULTS, writes_fail_in_bursts.FAULT)


def record(fault: Fault, folder: Path) -> bool:
    """Record NAME.case and NAME-mended.case; say on standard output how it went."""
    with serving(Settings()) as server:
        with fault.applied(server) as scene:
            broken = _save(scene, folder / f"{fault.name}.case")
        mended = _save(Scene(url=server.post_url), folder / f"{fault.name}-mended.case")
    return broken and mended


def _save(scene: Scene, path: Path) -> bool:
    # An own file each time; a namespace's working folder is not ours, so the path is absolute.
    path.unlink(missing_ok=True)
    ran = investigate(scene, "--save", str(path))
    said = (ran.stdout.strip() or ran.stderr.strip() or "nothing").splitlines()[0]
    print(f"{path.name}: exit code {ran.returncode}: {said}", flush=True)
    return ran.returncode in EXIT_CODES_OF_A_VERDICT and path.exists()


def main(arguments: Sequence[str] | None = None) -> int:
    """Record the faults that are named, or all."""
    names = [fault.name for fault in RECORDED]
    parser = argparse.ArgumentParser(prog="python -m tests.live.record", description=__doc__)
    parser.add_argument("folder", type=Path, metavar="OUTDIR")
    parser.add_argument("faults", nargs="*", metavar="FAULT", help=f"of: {', '.join(names)}")
    given = parser.parse_args(arguments)
    if unknown := set(given.faults) - set(names):
        parser.error(f"no such fault: {', '.join(sorted(unknown))}")
    if reason := why_unusable():
        parser.error(reason)
    given.folder.mkdir(parents=True, exist_ok=True)
    chosen = [fault for fault in RECORDED if not given.faults or fault.name in given.faults]
    recorded = [_recorded(fault, given.folder.resolve()) for fault in chosen]
    return 0 if all(recorded) else 1


def _recorded(fault: Fault, folder: Path) -> bool:
    try:
        return record(fault, folder)
    except Unusable as reason:
        print(f"{fault.name}: not on this machine: {reason}", flush=True)
        return False


if __name__ == "__main__":
    sys.exit(main())
