"""Every file of the families' folders is an attack: none gets, reads, escapes or hurts.

Each is graded at both levels of isolation in a submission whose other task is solved right. What an
attack must get stands in its own header; see `attack.py`. `bench/attacks.py` prints the table.
"""

import os
from dataclasses import asdict

import pytest
from arena import Arena, Outcome, expected_of, outcome
from attack import FAMILIES, Attack, attacks

from grader.sandbox.contract import Level

pytest_plugins = ["arena"]

CASES = [
    pytest.param(attack, marks=[pytest.mark.slow] if "slow" in attack.header else [], id=str(attack))
    for attack in attacks()
]


@pytest.mark.parametrize("attack", CASES)
def test_an_attack_gets_what_it_earned_and_nothing_else(arena: Arena, attack: Attack) -> None:
    hole = hole_of(attack, arena.sandbox.level)
    came, due = outcome(arena, attack), expected_of(attack)
    if hole and attack.header["wins"] in repr(came):
        pytest.xfail(hole)

    assert (differences(came, due), hole) == ([], None)


def hole_of(attack: Attack, level: Level) -> str | None:
    """Return why `attack` is known to succeed here, None where it must be stopped."""
    keys = ["open", f"open {level}", *(["open root"] if os.geteuid() == 0 else [])]
    return next((attack.header[key] for key in keys if key in attack.header), None)


def differences(came: Outcome, due: Outcome) -> list[str]:
    """Return what came of an attack where something else was due."""
    pairs = zip(asdict(came).items(), asdict(due).values(), strict=True)
    return [f"{name}: {found!r}, not {wanted!r}" for (name, found), wanted in pairs if found != wanted]


def test_every_family_has_attacks() -> None:
    assert [family for family in FAMILIES if not attacks(family)] == []
