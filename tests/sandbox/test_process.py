"""The back end without isolation keeps the promises that need none."""

import pytest

from grader.sandbox.conformance import BackEnd, Promise, promises, seen
from grader.sandbox.contract import Level
from grader.sandbox.process import ProcessSandbox


@pytest.mark.slow  # each run imports torch
@pytest.mark.parametrize("promise", promises(Level.NONE), ids=lambda promise: promise.__name__)
def test_without_isolation_each_promise_is_kept(promise: Promise) -> None:
    promise(BackEnd(ProcessSandbox(), ProcessSandbox))


@pytest.mark.slow
def test_the_environment_of_the_grader_is_not_visible(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GRADER_TEST_TOKEN", "secret")

    assert seen(ProcessSandbox(), "import os\nreturn os.environ.get('GRADER_TEST_TOKEN')") is None


def test_it_says_what_is_not_isolated() -> None:
    box = ProcessSandbox()

    assert (box.level, box.not_isolated) == (
        Level.NONE,
        (
            "files of this machine",
            "the network",
            "other processes",
            "memory and processor time beyond the time limit",
        ),
    )
