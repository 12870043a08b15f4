"""Why a layer of isolation does not work on this machine, and what to grant so that it does.

Containers take layers away by design: a seccomp filter refuses new namespaces, AppArmor refuses mounts. The
kernel says only "not permitted", so the reason is read from what else can be seen of this process.
"""

import ctypes
import errno
import os
import platform
import signal
from dataclasses import dataclass
from pathlib import Path

_CLONE = {"x86_64": 56, "aarch64": 220}
_CLONE_NEWUSER = 0x10000000
_LANDLOCK_CREATE_RULESET, _LANDLOCK_VERSION = 444, 1
_LIBC = ctypes.CDLL(None, use_errno=True)
NEEDED_FOR_FULL = ("clone", "mount", "pivot_root", "sethostname", "umount2")
"""System calls that `full` needs beside those that a container may make anyway."""
_SHORT = 4096
"""Characters of a file in /proc."""


@dataclass(frozen=True)
class Facts:
    """What is seen of this process and its machine."""

    container: str
    """The kind of container, empty outside of one."""
    filtered: bool
    """Whether a seccomp filter is around this process."""
    new_user_namespace: int
    """The error number of making a user namespace, 0 if it can be made."""
    most_user_namespaces: int | None
    restricted_by_apparmor: bool
    """Whether AppArmor takes the rights of new user namespaces away, as on Ubuntu since 23.10."""
    apparmor: str
    """The AppArmor profile of this process, empty if it has none."""
    landlock: int
    """The error number of asking for Landlock's version, 0 if the kernel has it."""


def facts(root: Path = Path("/")) -> Facts:
    """Return what is seen; a file that cannot be read says nothing."""
    status = _text(root / "proc/self/status")
    return Facts(
        container=_container(root),
        filtered="\nSeccomp:\t2" in status,
        new_user_namespace=_error_of_new_user_namespace(),
        most_user_namespaces=_number(root / "proc/sys/user/max_user_namespaces"),
        restricted_by_apparmor=_number(root / "proc/sys/kernel/apparmor_restrict_unprivileged_userns") == 1,
        apparmor=_confined(_text(root / "proc/self/attr/current")),
        landlock=_error_of_landlock(),
    )


def why_no_namespaces(seen: Facts) -> tuple[str, str]:
    """Return the likely reason and what to grant; both empty if nothing is seen."""
    calls = f"allow the container these system calls: {', '.join(NEEDED_FOR_FULL)}"
    if seen.new_user_namespace:
        if seen.filtered:
            return "a seccomp filter refuses new namespaces, as the default profile of Docker does", calls
        if seen.most_user_namespaces == 0:
            return "user namespaces are switched off", "set the kernel's user.max_user_namespaces to 10000"
        return "the kernel does not let this user make a user namespace", (
            "where the kernel has kernel.unprivileged_userns_clone, set it to 1"
        )
    if seen.restricted_by_apparmor:
        return "AppArmor takes the rights of new user namespaces away", (
            "give bwrap an AppArmor profile with `userns,`, or set "
            "kernel.apparmor_restrict_unprivileged_userns to 0"
        )
    if seen.apparmor:
        return f"the AppArmor profile {seen.apparmor} may refuse mounts, as docker-default does", (
            "run the container with --security-opt apparmor=unconfined"
        )
    if seen.filtered:
        return "a seccomp filter may refuse what a new namespace needs", calls
    return "", ""


def why_no_landlock(seen: Facts) -> tuple[str, str]:
    """Return the likely reason and what to grant; both empty if nothing is seen."""
    match seen.landlock:
        case errno.ENOSYS:
            return "the kernel was built without Landlock", "use Linux 6.2 or newer with Landlock"
        case errno.EOPNOTSUPP:
            return "Landlock is not switched on", "add landlock to the kernel's `lsm=`"
        case errno.EPERM if seen.filtered:
            return "a seccomp filter refuses Landlock, as older container engines do", (
                "update the container engine"
            )
    return "", ""


def _container(root: Path) -> str:
    if (root / "run/.containerenv").exists():
        return "Podman"
    if (root / ".dockerenv").exists():
        return "Docker"
    return "Kubernetes" if "KUBERNETES_SERVICE_HOST" in os.environ else ""


def _error_of_new_user_namespace() -> int:
    """Try it with a child that ends at once, made by `clone` as bubblewrap does."""
    number = _CLONE.get(platform.machine())
    if number is None:
        return 0
    pid = _LIBC.syscall(number, _CLONE_NEWUSER | signal.SIGCHLD, 0, 0, 0, 0)
    if pid == 0:
        os._exit(0)
    if pid < 0:
        return ctypes.get_errno()
    os.waitpid(pid, 0)
    return 0


def _error_of_landlock() -> int:
    if _LIBC.syscall(_LANDLOCK_CREATE_RULESET, None, 0, _LANDLOCK_VERSION) >= 0:
        return 0
    return ctypes.get_errno()


def _confined(profile: str) -> str:
    name = profile.strip("\0\n ").removesuffix(" (enforce)")
    return "" if name in ("", "unconfined") or name.endswith("(complain)") else name


def _number(path: Path) -> int | None:
    text = _text(path).strip()
    return int(text) if text.isdigit() else None


def _text(path: Path) -> str:
    try:
        with open(path, encoding="utf-8", errors="replace") as file:
            return file.read(_SHORT)
    except OSError:
        return ""
