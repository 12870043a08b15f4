"""The back end without isolation keeps the promises that need none."""

import pytest
from sandbox_contract import EveryBackEnd, OpenBox

from grader.sandbox.contract import Level, Sandbox
from grader.sandbox.process import ProcessSandbox


@pytest.mark.slow  # each run imports torch
class TestProcess(EveryBackEnd):
    @pytest.fixture
    def box(self) -> Sandbox:
        return ProcessSandbox()

    @pytest.fixture
    def open_box(self) -> OpenBox:
        return ProcessSandbox


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
