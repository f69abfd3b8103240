"""A hypervisor and machines that answer from values, in place of those that a call names. For tests only."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from tests.sight.made_reach import MadeReach
from tests.site.made_seen import make_seen

from tenmatsu.errors import NoConnection, TenmatsuError
from tenmatsu.model.below import Identity, Inventory, Product
from tenmatsu.model.words import plain


@dataclass
class RecordedHypervisor:
    """Answers identity and inventory; raises what it is told to."""

    name: str = "esx1"
    interval_seconds: float = 20.0
    inventory: Inventory = field(default_factory=lambda: make_seen().belows[0].inventory)
    may_act: bool | None = False
    offset: float | None = 0.4
    error: TenmatsuError | None = None
    closed: int = 0

    def identify(self) -> Identity:
        if self.error:
            raise self.error
        return Identity(
            product=Product.VMWARE,
            name="esx1.example.lan",
            version="8.0.3",
            api="8.0.3.0",
            may_act=self.may_act,
            may_act_why=plain("the role lacks VirtualMachine.Interact.PowerOff"),
            clock_offset_seconds=self.offset,
            clock_uncertainty_seconds=0.1,
        )

    def take_inventory(self) -> Inventory:
        if self.error:
            raise self.error
        return self.inventory

    def measure(self, keys: object, since: object) -> Any:
        raise AssertionError("nothing is measured")

    def recall(self, since: object, *, most: int = 0) -> Any:
        raise AssertionError("nothing is recalled")

    def close(self) -> None:
        self.closed += 1


@dataclass
class Ways:
    """Takes the place of `reach/open_hypervisor.py`'s look for the file that connects."""

    hypervisor: RecordedHypervisor = field(default_factory=RecordedHypervisor)
    machines: dict[str, MadeReach] = field(default_factory=dict)
    secrets: list[str] = field(default_factory=list)

    def find(self, module: str, name: str) -> Callable[..., Any]:
        return self._open_machine if name == "RemoteReach" else self._open_hypervisor

    def _open_hypervisor(self, api: object, secret: str, name: str, *, limit_seconds: float) -> Any:
        self.secrets.append(secret)
        return self.hypervisor

    def _open_machine(self, host: str, ssh: object) -> MadeReach:
        if host not in self.machines:
            raise NoConnection(host, plain(f"{host} refuses the connection"), permanent=True)
        return self.machines[host]
