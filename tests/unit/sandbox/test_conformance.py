"""A back end that keeps no promise is not accepted, and is told which it breaks."""

from collections.abc import Mapping

import pytest
from bare_back_end import Bare

from grader.sandbox.conformance import check, expect, promises
from grader.sandbox.contract import End, Ending, Hear, Level, Limits


class Idle(Bare):
    """A back end that says it has done what it was given, and does nothing."""

    level = Level.FULL
    not_isolated = ()

    def run(self, job: bytes, limits: Limits, hear: Hear, files: Mapping[str, bytes]) -> Ending:
        return Ending(End.DONE)


def test_a_back_end_that_does_nothing_is_told_each_promise_that_it_breaks() -> None:
    with pytest.raises(AssertionError) as raised:
        check(Idle)

    broken = {line.partition(":")[0] for line in str(raised.value).splitlines()}
    kept = {
        "closing_before_the_first_run_ends_everything",
        "time_that_others_take_from_a_program_is_not_held_against_it",
    }
    assert broken == {promise.__name__ for promise in promises(Level.FULL)} - kept


def test_a_broken_promise_says_what_was_expected_and_found() -> None:
    with pytest.raises(AssertionError, match="expected 1, found 2"):
        expect(2, 1)
