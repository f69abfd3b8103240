"""What a user or token may do on Proxmox VE, by `/access/permissions`: path → privilege → does it pass on.

The answer has the effective rights, a token's own limits included, for the top paths and for each path that a
rule names (PVE/RPCEnvironment.pm, `get_effective_permissions`). Nothing is tried.
"""

from dataclasses import dataclass

ACT = "VM.PowerMgmt"
SEE_GUESTS = "VM.Audit"
SEE_NODES = "Sys.Audit"
SEE_STORES = "Datastore.Audit"
_EVERYWHERE = {"VM": "/vms", "Sys": "/nodes", "Datastore": "/storage"}


@dataclass(frozen=True, kw_only=True, slots=True)
class Reaches:
    """Where a privilege holds: `everywhere`, or only at the ids in `only`, or nowhere."""

    everywhere: bool
    only: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return self.everywhere or bool(self.only)


def find_reach(permissions: object, privilege: str) -> Reaches:
    """Return where a privilege (`VM.Audit`, `Sys.Audit`, `Datastore.Audit`, …) holds."""
    top = _EVERYWHERE[privilege.partition(".")[0]]
    if not isinstance(permissions, dict):
        return Reaches(everywhere=False)
    holding = {
        str(path): rights[privilege]
        for path, rights in permissions.items()
        if isinstance(rights, dict) and privilege in rights
    }
    # The value tells whether it passes on to what is below; a right at the top that does not is of no use.
    everywhere = bool(holding.get(top)) or bool(holding.get("/"))
    only = (path.rpartition("/")[2] for path in holding if path.startswith(f"{top}/"))
    return Reaches(everywhere=everywhere, only=tuple(sorted(only)))
