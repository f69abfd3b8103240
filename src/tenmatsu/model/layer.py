"""The layers of a self-hosted service, from the user down to the metal."""

from enum import Enum

from tenmatsu.model.words import Words


class Layer(Enum):
    """Where a cause can sit. The order is that of the output: from the client down to the hardware."""

    CLIENT = "client"
    NETWORK = "network"
    DEPENDENCY = "dependency"
    APPLICATION = "application"
    WEB_SERVER = "web_server"
    GUEST_USERLAND = "guest_userland"
    GUEST_KERNEL = "guest_kernel"
    ALLOCATION = "allocation"
    HYPERVISOR = "hypervisor"
    HARDWARE = "hardware"

    @property
    def title(self) -> Words:
        """Return the layer's name for people."""
        return _TITLES[self]


_TITLES = {
    Layer.CLIENT: Words("clients", "利用者・外部"),
    Layer.NETWORK: Words("network", "ネットワーク"),
    Layer.DEPENDENCY: Words("what it needs", "依存先"),
    Layer.APPLICATION: Words("application", "アプリケーション"),
    Layer.WEB_SERVER: Words("web server", "ウェブサーバー"),
    Layer.GUEST_USERLAND: Words("processes", "プロセス"),
    Layer.GUEST_KERNEL: Words("kernel & disks", "カーネル・資源"),
    Layer.ALLOCATION: Words("allotted CPU", "割り当て"),
    Layer.HYPERVISOR: Words("hypervisor", "ハイパーバイザ"),
    Layer.HARDWARE: Words("hardware", "ハードウェア"),
}
