"""From what is seen of a machine, the reason why a layer does not work, and what to grant."""

import errno
from dataclasses import replace

import pytest

from grader.sandbox.refusals import Facts, why_no_landlock, why_no_namespaces

NOTHING = Facts("", False, 0, 10_000, False, "", 0)


@pytest.mark.parametrize(
    "seen, grant",
    [
        (replace(NOTHING, new_user_namespace=errno.EPERM, filtered=True), "these system calls: clone"),
        (replace(NOTHING, new_user_namespace=errno.ENOSPC, most_user_namespaces=0), "max_user_namespaces"),
        (replace(NOTHING, new_user_namespace=errno.EPERM), "unprivileged_userns_clone"),
        (replace(NOTHING, restricted_by_apparmor=True), "give bwrap an AppArmor profile"),
        (replace(NOTHING, apparmor="docker-default"), "apparmor=unconfined"),
        (replace(NOTHING, filtered=True), "these system calls: clone"),
        (NOTHING, ""),
    ],
)
def test_each_refusal_of_namespaces_has_its_grant(seen: Facts, grant: str) -> None:
    why, found = why_no_namespaces(seen)

    assert grant in found
    assert bool(why) == bool(grant)


@pytest.mark.parametrize(
    "seen, why",
    [
        (replace(NOTHING, landlock=errno.ENOSYS), "built without Landlock"),
        (replace(NOTHING, landlock=errno.EOPNOTSUPP), "not switched on"),
        (replace(NOTHING, landlock=errno.EPERM, filtered=True), "seccomp filter refuses Landlock"),
        (NOTHING, ""),
    ],
)
def test_each_refusal_of_landlock_has_its_reason(seen: Facts, why: str) -> None:
    assert why in why_no_landlock(seen)[0]
