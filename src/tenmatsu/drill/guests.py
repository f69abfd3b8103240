"""The guests: `dns1`, the DNS server of the box, and `web1`, which resolves names through it."""

from dataclasses import dataclass
from pathlib import Path
from uuid import UUID, uuid5
from xml.sax.saxutils import quoteattr

from tenmatsu.drill.cpio import Entry, make_file
from tenmatsu.drill.guest_image import Images

# TEST-NET-2 (RFC 5737): a network that is nobody's, and that only the box's own namespace knows.
PREFIX = 24
HOST_ADDRESS = "198.51.100.1"
DOMAIN = "lab.test"
_NO_LEASES = "--no-daemon --no-hosts --no-resolv --user=root --pid-file"
_INITTAB = (Path(__file__).parent / "guest/etc/inittab").read_text()
MEMORY_MIB = 128
DISK_BYTES = 8 << 20


@dataclass(frozen=True, kw_only=True, slots=True)
class Guest:
    """One guest: its name, address, MAC, and the command of its service. `seed` makes its UUIDs."""

    name: str
    address: str
    mac: str
    seed: UUID
    service: str

    @property
    def tap(self) -> str:
        """Return the name of its network card's end on the host."""
        return f"tap-{self.name}"

    def uuid_in(self, box: str) -> UUID:
        """Return its UUID, another one in each box: several may run at once on one machine."""
        return uuid5(self.seed, box)

    def parts(self, images: Images) -> tuple[Path, ...]:
        """Return the archives that it boots before its own."""
        return (images.shared, images.dns) if self.name == DNS1.name else (images.shared,)


DNS1 = Guest(
    name="dns1",
    address="198.51.100.2",
    mac="52:54:00:c6:33:02",
    seed=UUID("7e57da7a-0000-4000-8000-000000000001"),
    service=f"/usr/sbin/dnsmasq {_NO_LEASES} --conf-file=/etc/dnsmasq.conf",
)
WEB1 = Guest(
    name="web1",
    address="198.51.100.3",
    mac="52:54:00:c6:33:03",
    seed=UUID("7e57da7a-0000-4000-8000-000000000002"),
    service="/bin/httpd -f -p 80 -h /www -c /etc/httpd.conf",
)
GUESTS = (DNS1, WEB1)


def make_own_files(guest: Guest) -> dict[str, Entry]:
    """Return the files that make a guest this one: name, address, its service."""
    names = "".join(f"address=/{one.name}.{DOMAIN}/{one.address}\n" for one in GUESTS)
    return {
        "etc/hostname": make_file(f"{guest.name}\n".encode()),
        "etc/address": make_file(f"{guest.address}/{PREFIX}\n".encode()),
        "etc/gateway": make_file(f"{HOST_ADDRESS}\n".encode()),
        "etc/hosts": make_file(f"127.0.0.1 localhost\n{guest.address} {guest.name}\n".encode()),
        "etc/resolv.conf": make_file(f"search {DOMAIN}\nnameserver {DNS1.address}\n".encode()),
        "etc/dnsmasq.conf": make_file(f"no-poll\nlocal=/{DOMAIN}/\n{names}".encode()),
        "etc/inittab": make_file(f"{_INITTAB}::respawn:{guest.service}\n".encode()),
    }


def describe_domain(guest: Guest, folder: Path, images: Images, *, kvm: bool, partition: str) -> str:
    """Return libvirt's XML of a guest (libvirt.org/formatdomain.html). `folder` holds its files."""
    files = {
        "kernel": images.kernel,
        "initrd": folder / f"{guest.name}.cpio.gz",
        "disk": folder / f"{guest.name}.raw",
    }
    quoted = {name: quoteattr(str(path)) for name, path in files.items()}
    cpu = (
        "<cpu mode='host-passthrough'/>"
        if kvm
        else "<cpu mode='custom' match='exact'><model>qemu64</model></cpu>"
    )
    return f"""\
<domain type='{"kvm" if kvm else "qemu"}'>
  <name>{guest.name}</name>
  <uuid>{guest.uuid_in(folder.name)}</uuid>
  <memory unit='MiB'>{MEMORY_MIB}</memory>
  <vcpu>1</vcpu>
  <resource><partition>/{partition}</partition></resource>
  <os>
    <type arch='x86_64' machine='pc'>hvm</type>
    <kernel>{files["kernel"]}</kernel>
    <initrd>{files["initrd"]}</initrd>
    <cmdline>console=ttyS0 quiet panic=-1 mitigations=off</cmdline>
  </os>
  <features><acpi/></features>
  {cpu}
  <on_poweroff>destroy</on_poweroff>
  <on_reboot>restart</on_reboot>
  <on_crash>destroy</on_crash>
  <devices>
    <emulator>/usr/bin/qemu-system-x86_64</emulator>
    <disk type='file' device='disk'>
      <driver name='qemu' type='raw' cache='none'/>
      <source file={quoted["disk"]}/>
      <target dev='vda' bus='virtio'/>
    </disk>
    <interface type='ethernet'>
      <mac address='{guest.mac}'/>
      <target dev='{guest.tap}' managed='no'/>
      <model type='virtio'/>
      <rom enabled='no'/>
    </interface>
    <serial type='file'><source path='{folder}/{guest.name}.console'/></serial>
    <console type='file'><source path='{folder}/{guest.name}.console'/></console>
    <memballoon model='virtio'><stats period='2'/></memballoon>
    <video><model type='none'/></video>
  </devices>
</domain>
"""
