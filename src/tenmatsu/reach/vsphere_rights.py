"""Whether a vSphere server would let us act, and by which licence: asked, never tried."""

from collections.abc import Callable, Mapping
from typing import Any

from pyVmomi import vim, vmodl

from tenmatsu.model.below import Lack
from tenmatsu.model.words import Words
from tenmatsu.parse.vsphere_lacks import NO_RIGHT, NOT_TOLD, READ_ROLE
from tenmatsu.reach.vsphere_line import Line
from tenmatsu.reach.vsphere_properties import read_objects

# What stopping and starting a guest takes (vSphere Security, "Required Privileges for Common Tasks").
_ACTING = (
    "VirtualMachine.Interact.PowerOn",
    "VirtualMachine.Interact.PowerOff",
    "VirtualMachine.Interact.Reset",
)
# The free licence: its API refuses every write with `RestrictedVersion`, whatever the user's role.
_FREE_EDITIONS = ("esxBasic",)
_LONE_HOST = "HostAgent"


def may_act(line: Line) -> tuple[bool | None, Words]:
    """Return whether guests could be stopped and started, and by what that is known."""
    if is_lone(line):
        licence = _own_licence(line)
        if licence is not None and licence.editionKey in _FREE_EDITIONS:
            return False, FREE.fill(name=licence.name)
    granted = _or_none(lambda: _granted(line))
    if granted is None:
        return None, RIGHTS_NOT_TOLD
    missing = [name for name in _ACTING if not granted.get(name)]
    if missing:
        return False, RIGHTS_LACK.fill(user=line.api.user, rights=", ".join(missing))
    return True, RIGHTS_GIVEN.fill(user=line.api.user)


def licences(line: Line) -> tuple[Mapping[str, str], list[Lack]]:
    """Return the licence's name by the host's key (`""`: of all hosts)."""
    if is_lone(line):
        own = _own_licence(line)
        return ({"": own.name}, []) if own is not None else ({}, [_lack(NO_RIGHT)])
    try:
        assigned = line.content.licenseManager.licenseAssignmentManager.QueryAssignedLicenses(None)
    except vim.fault.NotAuthenticated:
        raise
    except vmodl.fault.SecurityError:
        return {}, [_lack(NO_RIGHT)]
    except (vmodl.RuntimeFault, AttributeError):
        return {}, [_lack(NOT_TOLD)]
    return {one.entityId: one.assignedLicense.name for one in assigned or ()}, []


def is_lone(line: Line) -> bool:
    """Tell whether a host answers, not a vCenter."""
    return bool(line.content.about.apiType == _LONE_HOST)


def _own_licence(line: Line) -> Any:  # noqa: ANN401 - pyVmomi's
    """Return the host's licence, or None where it may not be read."""
    for row in read_objects(line, [line.content.licenseManager], {"LicenseManager": ("licenses",)}):
        return next(iter(row.get("licenses") or ()), None)
    return None


def _granted(line: Line) -> dict[str, bool]:
    told = line.content.authorizationManager.HasPrivilegeOnEntities(
        [line.content.rootFolder], line.session_key, list(_ACTING)
    )
    return {one.privId: one.isGranted for entity in told for one in entity.privAvailability}


def _or_none(ask: Callable[[], dict[str, bool]]) -> dict[str, bool] | None:
    try:
        return ask()
    except vim.fault.NotAuthenticated:
        raise
    except vmodl.MethodFault:
        return None


def _lack(why: Words) -> Lack:
    return Lack(what=LICENCE, why=why, close_by=READ_ROLE, hides_guests=False)


LICENCE = Words("the licence", "ライセンス")
FREE = Words(
    "the licence ({name}) allows only reading through the API, whatever the user's role",
    "このライセンス ({name}) では、役割にかかわらず API は読み取りのみです",
)
RIGHTS_NOT_TOLD = Words("the server did not say what this user may do", "このユーザーの権限を確認できません")
RIGHTS_LACK = Words("the role of {user} lacks {rights}", "{user} の役割に {rights} がありません")
RIGHTS_GIVEN = Words("by the role of {user}, asked of the server", "{user} の役割による (サーバーに照会)")
