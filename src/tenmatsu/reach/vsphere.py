"""The way to ESXi and vCenter: what they tell of their hosts and guests. Reads only.

Works for both alike, from API 6.5 on. What a version does not have is found out by asking for it, by its
name, and becomes a `Lack`; no version is compared.
"""

from tenmatsu.model.site_map import Api
from tenmatsu.reach.hypervisor import Hypervisor


def open_vsphere(api: Api, secret: str, name: str, *, limit_seconds: float = 10.0) -> Hypervisor:
    """Return a connection to an ESXi or vCenter, logged in. No single answer may take longer than the limit.

    Raises NoConnection (`permanent` where the certificate, the name or the password is wrong), TookTooLong,
    NotThere and NotPermitted for the file of authorities, WrongUse for an address that is none.
    """
    # pyVmomi takes a while to load; who asks no VMware host need not wait for it.
    from tenmatsu.reach.vsphere_connection import VSphere

    return VSphere.open(api, secret, name, limit_seconds)
