"""What a kit holds, asked of a sandbox for sums; tests/box/test_kit.py grades with a real one."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
from arithmetic import SOLUTION, Arithmetic, mistake, task

from grader.asking.answer_cache import AnswerCache
from grader.asking.reference import ReferenceAnswers
from grader.assignment.answer_key import AnswerKey
from grader.assignment.loader import Assignment, TaskSource
from grader.assignment.mistakes import Mistake
from grader.packing.kit import Kit, KitMaking
from grader.sandbox.contract import Ending, Hear, Limits

CHECKS = "def step(impl, case):\n    return impl.total(case.size())\n"
DOUBLED = mistake("doubled", "a = 1", "a = 2")
STOPPED = mistake("stopped", "b = 2", 'b = 2; stop = "slope"')


@dataclass
class Plain(Arithmetic):
    """Stands for a processor with which what says `plain = 1` has another answer."""

    def _ask(self, source: str, asked: Sequence[Any], describe: bool, hear: Hear) -> Ending:
        return super()._ask(source.replace("plain = 1", "a = 5"), asked, describe, hear)


def in_folder(folder: Path, *mistakes: Mistake, **fields: Any) -> TaskSource:
    folder.mkdir()
    (folder / "task.md").write_text("# Sums\n")
    made = replace(task(*mistakes), folder=folder, checks=CHECKS, name=folder.name)
    return replace(made, **fields)


def kit_of(tmp_path: Path, *tasks: TaskSource) -> Kit:
    here, plain = (
        ReferenceAnswers(1, box, AnswerCache(tmp_path / name))
        for name, box in (("here", Arithmetic()), ("plain", Plain()))
    )
    return KitMaking(Assignment(tmp_path, "Sums", 1, Limits(), tasks), here, plain, 1).make()


@pytest.mark.parametrize(
    ("left_out", "why"),
    [
        (STOPPED, "sums: stopped does not answer check slope: it hangs, exits or cannot be imported"),
        (
            mistake("unsteady", "a = 1", "a = 1; plain = 1"),
            "sums: unsteady answers check step in a way that depends on the processor",
        ),
    ],
)
def test_a_mistake_that_a_key_cannot_answer_for_is_left_out_and_said_with_the_reason(
    tmp_path: Path, left_out: Mistake, why: str
) -> None:
    kit = kit_of(tmp_path, in_folder(tmp_path / "sums", left_out, DOUBLED))
    (tmp_path / "answers.key").write_bytes(kit.files["sums/answers.key"])
    key = AnswerKey.read(tmp_path / "answers.key")

    assert (kit.left_out, [one.name for one in key.mistakes]) == ((why,), ["doubled"])


def test_two_tasks_in_one_file_have_one_starter_file_with_the_signatures_of_both(tmp_path: Path) -> None:
    tasks = (
        in_folder(
            tmp_path / name,
            checks=CHECKS.replace("total", name),
            solution=f"{SOLUTION}def {name}(x):\n    return x\n",
            files=("layers.py",),
        )
        for name in ("affine", "softmax")
    )
    kit = kit_of(tmp_path, *tasks)

    assert kit.files["starter/layers.py"].decode() == (
        "import torch\n\n\n"
        "def affine(x):\n    raise NotImplementedError\n\n\n"
        "def softmax(x):\n    raise NotImplementedError\n"
    )
