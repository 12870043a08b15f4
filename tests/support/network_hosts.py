"""Hosts with a network of their own: namespaces on one bridge, whose cables can be pulled. Needs root."""

import contextlib
import os
import secrets
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass

_NETWORK = "10.213.77"
"""Private addresses, which nothing else on the machine may have."""


def can_make_networks() -> bool:
    return os.geteuid() == 0 and shutil.which("ip") is not None


@dataclass(frozen=True)
class Host:
    """A network namespace; `command` runs there, on the same files."""

    name: str
    cable: str

    def command(self, *command: str) -> list[str]:
        return ["ip", "netns", "exec", self.name, *command]

    def cut_off(self) -> None:
        """Let no more packets through, as when a cable is pulled: no connection is closed."""
        _run("link", "set", self.cable, "down")

    def connect(self) -> None:
        _run("link", "set", self.cable, "up")


@contextlib.contextmanager
def network(count: int) -> Iterator[tuple[str, list[Host]]]:
    """Yield the address at which the hosts reach this one, and `count` hosts."""
    # Names of interfaces have at most 15 characters.
    mark = secrets.token_hex(3)
    bridge, hosts = f"gb{mark}", [Host(f"gn{mark}{number}", f"gc{mark}{number}") for number in range(count)]
    try:
        _run("link", "add", bridge, "type", "bridge")
        _run("address", "add", f"{_NETWORK}.1/24", "dev", bridge)
        _run("link", "set", bridge, "up")
        for number, host in enumerate(hosts):
            inside = f"gi{mark}{number}"
            _run("netns", "add", host.name)
            _run("link", "add", host.cable, "type", "veth", "peer", "name", inside)
            _run("link", "set", host.cable, "master", bridge, "up")
            _run("link", "set", inside, "netns", host.name)
            _run("-n", host.name, "address", "add", f"{_NETWORK}.{number + 2}/24", "dev", inside)
            _run("-n", host.name, "link", "set", inside, "up")
        yield f"{_NETWORK}.1", hosts
    finally:
        for host in hosts:
            _run("netns", "delete", host.name, check=False)
            _run("link", "delete", host.cable, check=False)
        _run("link", "delete", bridge, check=False)


def _run(*arguments: str, check: bool = True) -> int:
    return subprocess.run(["ip", *arguments], check=check, stderr=subprocess.DEVNULL).returncode
