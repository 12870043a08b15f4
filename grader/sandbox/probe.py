"""Probe: which layers of isolation this machine allows, and the reason for each that it does not."""

import os
import subprocess
import sys
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from grader.errors import SandboxRefused
from grader.sandbox import refusals
from grader.sandbox.contract import Level, Sandbox

_LANDLOCK_NEEDED = 3  # the first version that covers truncation
_PROBE_SECONDS = 10


@dataclass(frozen=True)
class Layer:
    """One layer of isolation: whether it works here, and the version or the reason."""

    name: str
    works: bool
    reason: str
    advice: str = ""
    """What to grant so that it works, empty if that is not known."""


def layers() -> tuple[Layer, ...]:
    """Try each layer in a short-lived process."""
    if sys.platform != "linux":
        return (Layer("Linux", False, f"this is {sys.platform}; the layers are Linux's"),)
    return (_namespaces(), _landlock(), _seccomp())


def container() -> str:
    """Return the kind of container that this is, empty outside of one."""
    return refusals.facts().container


def level(found: tuple[Layer, ...]) -> Level:
    """Return the level that the layers allow; with `none`, submissions are refused."""
    working = {layer.name for layer in found if layer.works}
    if {"landlock", "seccomp"} <= working:
        return Level.FULL if "namespaces" in working else Level.GOOD
    return Level.NONE


def open_sandbox(libraries: Iterable[str] = ()) -> Sandbox:
    """Start the best isolating sandbox of this machine, in which programs may import `libraries` too.

    Raises `SandboxRefused` if this machine allows neither level.
    """
    best = best_level()
    from grader.sandbox.linux import LinuxSandbox

    return LinuxSandbox(best, libraries=libraries)


def best_level() -> Level:
    """Return the best isolating level of this machine. Raises `SandboxRefused` if there is none."""
    found = layers()
    best = level(found)
    if best is Level.NONE:
        reasons = "; ".join(f"{layer.name}: {layer.reason}" for layer in found if not layer.works)
        raise SandboxRefused(
            f"This machine cannot isolate a stranger's program ({reasons}). Your own work can be "
            "checked with --no-sandbox."
        )
    return best


def _namespaces() -> Layer:
    from grader.sandbox.launch import bubblewrap

    program = bubblewrap()
    if program is None:
        return Layer("namespaces", False, "the program bwrap (bubblewrap) was not found")
    options = ("--unshare-all", "--hostname", "sandbox", "--cap-drop", "ALL", "--ro-bind", "/", "/")
    command = [program, *options, "--", program, "--version"]
    try:
        tried = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, timeout=_PROBE_SECONDS)
    except (OSError, subprocess.TimeoutExpired) as error:
        return Layer("namespaces", False, f"{program} did not run: {error}")
    if tried.returncode:
        said = tried.stderr.decode(errors="replace").strip()[:300]
        why, grant = refusals.why_no_namespaces(refusals.facts())
        return Layer("namespaces", False, why or f"{program} said: {said}", grant)
    return Layer("namespaces", True, f"user, pid, ipc, uts, network and mount, with {program}")


def _landlock() -> Layer:
    from grader.guest import landlock

    version = landlock.version()
    if version < _LANDLOCK_NEEDED:
        why, grant = refusals.why_no_landlock(refusals.facts())
        seen = f"version {version}" if version else "none"
        needed = f"the kernel offers {seen}; version {_LANDLOCK_NEEDED} is needed"
        return Layer("landlock", False, "; ".join(filter(None, (why, needed))), grant)
    return _tried("landlock", f"version {version}", _restrict)


def _seccomp() -> Layer:
    from grader.guest import seccomp

    if not seccomp.supported():
        return Layer("seccomp", False, f"there is no filter for {os.uname().machine}")
    return _tried("seccomp", "the filter is accepted", _filter)


def _restrict() -> None:
    from grader.guest import confine, landlock

    confine.give_up_privileges()
    landlock.apply(landlock.ruleset([]))


def _filter() -> None:
    from grader.guest import confine, seccomp

    confine.give_up_privileges()
    seccomp.apply(os.getpid())


def _tried(name: str, reason: str, act: Callable[[], None]) -> Layer:
    reading, writing = os.pipe()
    pid = os.fork()
    if not pid:
        try:
            act()
        except OSError as error:
            os.write(writing, str(error).encode())
        os._exit(0)
    os.close(writing)
    with open(reading, "rb") as said:
        problem = said.read().decode()
    os.waitpid(pid, 0)
    return Layer(name, not problem, problem or reason)
