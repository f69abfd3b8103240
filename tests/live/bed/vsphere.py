"""A real ESXi or vCenter interface: govmomi's simulator from Debian's packages, and more (../vcsim)."""

from __future__ import annotations

import hashlib
import json
import os
import ssl
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

from pyVim.connect import Disconnect, SmartConnect
from pyVmomi import vim

from tenmatsu.model.below import Product
from tenmatsu.model.site_map import Api

from .processes import BedError

PACKAGES = "golang-go golang-github-vmware-govmomi-dev"
SOURCE = Path(__file__).parents[1] / "vcsim"
DEBIANS = Path("/usr/share/gocode")
NEEDED = (Path("/usr/bin/go"), DEBIANS / "src/github.com/vmware/govmomi/simulator")
USER, PASSWORD = "reader", "secret & more"
BUILD_SECONDS = 600.0
SOON_SECONDS = 60.0


def why_no_vsphere() -> str:
    """Why this machine cannot hold the simulator; empty where it can."""
    missing = [str(path) for path in NEEDED if not path.exists()]
    return f"not installed: {', '.join(missing)} (Debian: {PACKAGES})" if missing else ""


def build() -> Path:
    """Return the simulator's program, built once for these sources."""
    texts = [path.read_bytes() for path in sorted(SOURCE.glob("*.go"))]
    mark = hashlib.sha256(b"".join(texts)).hexdigest()[:16]
    folder = _cache() / "vcsim"
    program = folder / f"vcsim-{mark}"
    if program.exists():
        return program
    folder.mkdir(parents=True, exist_ok=True)
    for old in folder.glob("vcsim-*"):
        old.unlink()
    new = folder / f"new-{os.getpid()}"
    environment = {
        "PATH": os.environ["PATH"],
        "HOME": str(folder),
        "GO111MODULE": "off",
        "GOFLAGS": "",
        "GOPATH": f"{folder}/go:{DEBIANS}",
        "GOCACHE": str(folder / "build"),
    }
    made = subprocess.run(
        ["go", "build", "-o", str(new), "."],
        cwd=SOURCE,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=BUILD_SECONDS,
    )
    if made.returncode:
        raise BedError(f"the simulator cannot be built: {made.stderr[-2000:]}")
    new.replace(program)
    return program


def _cache() -> Path:
    """Where the project keeps what it makes (`make clean` removes it)."""
    root = Path(__file__).parents[3]
    place = root if os.access(root, os.W_OK) else Path(tempfile.gettempdir())
    return place / f".cache-{os.getuid()}"


@dataclass(kw_only=True)
class VSphereServer:
    """A running ESXi or vCenter, as far as its interface goes."""

    program: Path
    folder: Path
    words: tuple[str, ...]
    address: str = "127.0.0.1:0"
    control: str = ""
    process: subprocess.Popen[str] | None = field(default=None, repr=False)

    @property
    def certificate(self) -> Path:
        """The file with the key and certificate that it starts with."""
        return self.folder / "one.pem"

    def digest(self, file: Path | None = None) -> str:
        """Return the SHA-256 of a certificate."""
        text = (file or self.certificate).read_text()
        block = text[text.index("-----BEGIN CERTIFICATE") :]
        return hashlib.sha256(ssl.PEM_cert_to_DER_cert(block)).hexdigest()

    def api(self, **more: Any) -> Api:
        """How it is asked, its certificate pinned."""
        values = {"user": USER, "certificate": self.digest(), "address": self.address} | more
        return Api(product=Product.VMWARE, **values)

    def start(self) -> None:
        """Start it; the second time at the same address."""
        words = ["-listen", self.address, "-certificate", str(self.certificate)]
        command = [str(self.program), "-user", USER, "-password", PASSWORD, *words, *self.words]
        environment = {"TMPDIR": str(self.folder), "PATH": "/usr/bin:/bin"}
        self.process = subprocess.Popen(
            ["setpriv", "--pdeathsig", "KILL", *command],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env=environment,
        )
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        if not line:
            self.stop()
            raise BedError(f"the simulator does not start: {' '.join(command)}")
        told = json.loads(line)
        self.address, self.control = told["api"], told["control"]

    def stop(self) -> None:
        """End it, as a service that is restarted: what it had is gone."""
        process, self.process = self.process, None
        if process is None:
            return
        assert process.stdin is not None
        assert process.stdout is not None
        with suppress(OSError):
            process.stdin.close()
        try:
            process.wait(SOON_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        process.stdout.close()

    def set(self, **settings: Any) -> None:
        """Change what ../vcsim/lab.go calls `settings`."""
        self._post("/set", json.dumps(settings))

    def expire(self) -> None:
        """Let all sessions run out."""
        self._post("/expire", "")

    def requests(self) -> dict[str, int]:
        """Return what was asked since the last time, by method."""
        found: dict[str, int] = json.loads(self._post("/requests", ""))
        return found

    def new_certificate(self) -> Path:
        """Show another certificate from now on; return its file."""
        file = self.folder / "two.pem"
        make_certificate(self.program, file)
        self.set(Certificate=str(file))
        return file

    def _post(self, path: str, body: str) -> bytes:
        line = HTTPConnection(self.control, timeout=SOON_SECONDS)
        try:
            line.request("POST", path, body)
            answer = line.getresponse()
            said = answer.read()
            if answer.status != 200:
                raise BedError(f"{path}: {said.decode()}")
            return said
        finally:
            line.close()

    @contextmanager
    def acting(self) -> Iterator[Any]:
        """Give pyVmomi's own session, to change things with as an administrator would."""
        host, _, port = self.address.partition(":")
        service = SmartConnect(
            host=host, port=int(port), user=USER, pwd=PASSWORD, disableSslCertValidation=True
        )
        try:
            yield service
        finally:
            Disconnect(service)

    def act(self, name: str, method: str, *words: Any) -> None:
        """Do something to the guest of that name, and wait for its task."""
        with self.acting() as service:
            content = service.RetrieveContent()
            view = content.viewManager.CreateContainerView(content.rootFolder, [vim.VirtualMachine], True)
            guest = next(one for one in view.view if one.name == name)
            task = getattr(guest, method)(*words)
            limit = time.monotonic() + SOON_SECONDS
            while task.info.state not in ("success", "error"):
                if time.monotonic() > limit:
                    raise BedError(f"{method} of {name} does not end")
                time.sleep(0.02)
            if task.info.state == "error":
                raise BedError(f"{method} of {name}: {task.info.error}")

    def limit(self, name: str, megahertz: int) -> None:
        """Give a guest a CPU limit."""
        allocation = vim.ResourceAllocationInfo(limit=megahertz)
        self.act(name, "ReconfigVM_Task", vim.vm.ConfigSpec(cpuAllocation=allocation))


def make_certificate(program: Path, file: Path) -> None:
    """Write a key with a certificate of its own."""
    subprocess.run([program, "-make-certificate", "-certificate", file], check=True, timeout=SOON_SECONDS)


@contextmanager
def vsphere(*words: str) -> Iterator[VSphereServer]:
    """Run a simulator with these words (`-esx`, `-guests 3`); nothing of it is left afterwards."""
    program = build()
    with tempfile.TemporaryDirectory(prefix="tenmatsu-vsphere-") as folder:
        server = VSphereServer(program=program, folder=Path(folder), words=words)
        make_certificate(program, server.certificate)
        try:
            server.start()
            yield server
        finally:
            server.stop()
        left = [path for path in Path(folder).iterdir() if path.suffix != ".pem"]
        assert left == [], left
