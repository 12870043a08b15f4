"""Which level of isolation a machine allows."""

import itertools

import pytest

from grader.sandbox.contract import Level
from grader.sandbox.probe import Layer, level


def tried(*working: str) -> tuple[Layer, ...]:
    """Return three layers of which only `working` work."""
    return tuple(Layer(name, name in working, "") for name in ("namespaces", "landlock", "seccomp"))


def test_with_all_three_layers_the_level_is_full() -> None:
    assert level(tried("namespaces", "landlock", "seccomp")) == Level.FULL


def test_without_namespaces_the_level_is_good() -> None:
    assert level(tried("landlock", "seccomp")) == Level.GOOD


@pytest.mark.parametrize(
    "working",
    [
        names
        for count in range(3)
        for names in itertools.combinations(("namespaces", "landlock", "seccomp"), count)
        if names != ("landlock", "seccomp")
    ],
)
def test_without_landlock_or_seccomp_running_is_refused(working: tuple[str, ...]) -> None:
    assert level(tried(*working)) == Level.NONE


def test_on_another_system_than_linux_nothing_works() -> None:
    assert level((Layer("Linux", False, "this is darwin"),)) == Level.NONE
