"""Tests for the tests: what `grade check` finds out about small assignments."""

import functools
import re
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from pathlib import Path

import pytest

from grader.asking.answer_cache import AnswerCache
from grader.assignment.loader import TaskSource, read_assignment
from grader.audit.audit import Audit
from grader.errors import AssignmentError, SandboxError
from grader.judging.explanation import pairs_of
from grader.judging.grading import Grader
from grader.report import messages
from grader.results.audit import AssignmentAudit, CheckWorth, MistakeAudit, Survivor, TaskAudit
from grader.sandbox.contract import End, Ending, Hear, Limits, Sandbox
from grader.submission.loader import Submission

TOML = """\
title = "Doubles"
seed = 3

[[tasks]]
name = "double"
title = "Twice as much"
points = 3
"""
CHECKS = '''
from grader import Task

task = Task()


@task.check(points=3, cases=3)
def values(impl, case):
    """Values are doubled."""
    return {"twice": impl.double(case.normal(case.size("count"), name="x"))}
'''
GRADIENT = '''

@task.check(points=1, cases=2)
def gradient(impl, case):
    """The gradient is right."""
    x = case.normal(3, name="x")
    return case.gradients(lambda: impl.double(x), x=x)
'''
IDLE = '''

@task.check(points=1)
def there(impl, case):
    """It is there."""
    return {"there": callable(impl.double)}
'''
LAW = '''
from grader import Task

task = Task()


def positive(expected, actual):
    return None if (actual["size"] >= 0).all() else "a size is negative"


@task.check(points=3, cases=2, compare=positive)
def values(impl, case):
    """Sizes are positive."""
    return {"size": impl.double(case.normal(9, name="x"))}
'''
COMPLETE = CHECKS.replace("points=3", "points=2") + GRADIENT
SOLUTION = "def double(x):\n    return 2 * x\n"
CUT = (
    "\n[[equivalent]]\nline = 'return 2 * x'\nbecomes = 'return (2 * x).detach()'\nreason = 'no gradients'\n"
)

Write = Callable[..., Path]
Check = Callable[..., TaskAudit]


def patch(old: str, new: str, hint: str = "A hint.") -> str:
    return f"{hint}\n\n- {old}\n+ {new}\n"


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Write:
    """Write an assignment of one task and return its folder; `mistakes` are files by name."""

    def written(
        checks: str = CHECKS,
        solution: str = SOLUTION,
        equivalent: str = "",
        limits: str = "",
        **mistakes: str,
    ) -> Path:
        folder = tmp_path_factory.mktemp("assignment")
        (folder / "double" / "mistakes").mkdir(parents=True)
        (folder / "assignment.toml").write_text(f"{TOML}\n{limits}")
        (folder / "double" / "checks.py").write_text(checks)
        (folder / "double" / "solution.py").write_text(solution)
        (folder / "double" / "equivalent.toml").write_text(equivalent)
        for name, text in mistakes.items():
            suffix = ".py" if text.startswith('"""') else ".patch"
            (folder / "double" / "mistakes" / f"{name}{suffix}").write_text(text)
        return folder

    return written


def grader(folder: Path, sandbox: Sandbox) -> Grader:
    assignment = read_assignment(folder)
    return Grader(assignment, assignment.tasks, assignment.seed, sandbox, AnswerCache(folder / "key"))


@pytest.fixture(scope="module")
def checked(written: Write, sandbox: Sandbox) -> Check:
    """Return what is found out about an assignment as `written` takes it, once for all tests."""

    @functools.cache
    def checked(*arguments: str, **named: str) -> TaskAudit:
        made = grader(written(*arguments, **named), sandbox)
        return Audit(made).check(made.tasks[0])

    return checked


# Slips in the solution

HOLE = Survivor(line=2, old="return 2 * x", new="return (2 * x).detach()")


GRADED = CHECKS.replace('name="x")', 'name="x").requires_grad_()')


def test_a_slip_that_no_check_notices_is_listed(checked: Check) -> None:
    found = checked(GRADED)

    assert (found.survivors, found.equivalent, found.passed) == ((HOLE,), (), False)


def test_where_every_slip_is_noticed_nothing_is_left_to_mend(checked: Check) -> None:
    found = checked(COMPLETE)

    assert (found.problems, found.survivors, found.killed, found.passed) == ((), (), found.mutants, True)


def test_a_value_that_is_detached_and_needs_no_gradient_is_no_slip(checked: Check) -> None:
    found = checked()

    assert (found.survivors, found.left_out, found.passed) == ((), 1, True)


def test_exchanged_axes_are_no_slip_of_a_tensor_and_one_of_an_array(checked: Check) -> None:
    tensors = CHECKS.replace('case.size("count")', "2, 2")
    arrays = tensors.replace("}", ".T.tolist()}").replace('name="x")', 'name="x").numpy()')
    solution = "def double(x):\n    y = 2 * x.transpose(0, 1)\n    return y\n"

    assert checked(tensors, solution).left_out == 3
    assert checked(arrays, solution).left_out == 0


def test_a_slip_with_a_reason_is_no_hole(checked: Check) -> None:
    found = checked(equivalent=CUT)

    assert (found.survivors, found.equivalent, found.unused, found.passed) == (
        (),
        (HOLE.model_copy(update={"reason": "no gradients"}),),
        (),
        True,
    )


def test_a_reason_for_a_line_covers_every_slip_of_it(checked: Check) -> None:
    found = checked(equivalent=CUT.replace("becomes = 'return (2 * x).detach()'\n", ""))

    assert (found.survivors, len(found.equivalent)) == ((), 1)


def test_a_reason_for_another_slip_covers_nothing(checked: Check) -> None:
    found = checked(GRADED, equivalent=CUT.replace(".detach()", ".clone()"))

    assert (found.survivors, found.unused) == ((HOLE,), ("return 2 * x",))


def test_a_reason_that_no_surviving_slip_needs_is_listed(checked: Check) -> None:
    found = checked(COMPLETE, equivalent=CUT)

    assert (found.unused, found.passed) == (("return 2 * x",), False)


# What the checks are worth


def test_every_check_is_told_what_it_alone_catches(checked: Check) -> None:
    found = checked(COMPLETE, three=patch("return 2 * x", "return 3 * x"))

    # Only a cut graph leaves the values right; three times as much changes both.
    assert found.checks == (
        CheckWorth(check="values", points=2, kills=found.mutants, alone=0),
        CheckWorth(check="gradient", points=1, kills=found.mutants + 1, alone=1),
    )


def test_a_check_that_nothing_fails_has_no_kills(checked: Check) -> None:
    found = checked(CHECKS.replace("points=3", "points=2") + IDLE)

    assert found.checks[1] == CheckWorth(check="there", points=1, kills=0, alone=0)


def test_cases_that_tell_nothing_new_are_listed(checked: Check) -> None:
    assert checked().idle_cases == {"values": (1, 2)}


def test_a_law_notices_slips_as_well(checked: Check) -> None:
    found = checked(LAW, "def double(x):\n    return abs(x)\n")

    assert (found.survivors, found.left_out, found.checks) == (
        (),
        1,
        (CheckWorth(check="values", points=3, kills=2, alone=2),),
    )


# Known mistakes


def audited(name: str, score: float, plain: float, caught: bool, named_as: tuple[str, ...]) -> MistakeAudit:
    return MistakeAudit(
        name=name,
        title=f"{name[:1].upper()}{name[1:]}",
        score=score,
        plain=plain,
        price=0.6,
        has_price=False,
        caught=caught,
        named=name in named_as,
        named_as=named_as,
    )


def test_a_mistake_that_is_caught_and_named_is_fine(checked: Check) -> None:
    found = checked(COMPLETE, three=patch("return 2 * x", "return 3 * x"))

    assert (found.mistakes, found.passed) == (
        (audited("three", 2.4, 0, caught=True, named_as=("three",)),),
        True,
    )


def test_a_mistake_that_no_check_fails_is_told(checked: Check) -> None:
    found = checked(COMPLETE, added=patch("return 2 * x", "return x + x"))

    assert (found.mistakes, found.passed) == (
        (audited("added", 3, 3, caught=False, named_as=()),),
        False,
    )


def test_a_mistake_that_another_one_explains_is_told(checked: Check) -> None:
    found = checked(
        COMPLETE,
        a_cube=patch("return 2 * x", "return 3 * x"),
        b_three=patch("return 2 * x", "return x + 2 * x"),
    )

    assert (found.mistakes[1], found.passed) == (
        audited("b three", 2.4, 0, caught=True, named_as=("a cube",)),
        False,
    )


def test_a_mistake_that_is_two_others_at_once_is_named_as_both(checked: Check) -> None:
    found = checked(
        CHECKS,
        "def double(x):\n    y = 2 * x\n    return y\n",
        a_three=patch("y = 2 * x", "y = 3 * x"),
        b_more=patch("return y", "return y + 1"),
        c_both='"""Both at once."""\n\n\ndef double(x):\n    return 3 * x + 1\n',
    )

    assert [mistake.named_as for mistake in found.mistakes] == [("a three",), ("b more",), ("c both",)]


# Two mistakes at once

PAIRED = "def double(x):\n    y = 2 * x\n    return y\n"
THREE, MORE = patch("y = 2 * x", "y = 3 * x", "Not three."), patch("return y", "return y + 1", "No more.")


def test_two_mistakes_at_once_are_named_with_both_hints(written: Write, sandbox: Sandbox) -> None:
    made = grader(written(CHECKS, PAIRED, a_three=THREE, b_more=MORE), sandbox)
    source = b"def double(x):\n    return x + x + x + 1\n"
    check = made.grade(Submission("anna", {"double.py": source}, {})).tasks[0].checks[-1]

    assert (check.mistake, check.hint) == ("a three + b more", "Not three.\n\nNo more.")


def task(folder: Path) -> TaskSource:
    return read_assignment(folder).tasks[0]


def test_every_two_mistakes_make_one_program(written: Write) -> None:
    known = task(written(CHECKS, PAIRED, a_three=THREE, b_more=MORE))
    (found,) = pairs_of(known.solution, known.mistakes)

    assert (found.names, found.mistake.hint) == (("a three", "b more"), "Not three.\n\nNo more.")
    assert found.mistake.source == "def double(x):\n    y = 3 * x\n    return y + 1\n"


@pytest.mark.parametrize(
    "other", [patch("y = 2 * x", "y = 4 * x"), '"""Another way."""\n\n\ndef double(x):\n    return 4 * x\n']
)
def test_mistakes_that_nobody_makes_at_once_are_no_pair(written: Write, other: str) -> None:
    known = task(written(CHECKS, PAIRED, a_three=THREE, b_other=other))

    assert list(pairs_of(known.solution, known.mistakes)) == []


# The solution itself


@pytest.mark.parametrize(
    ("solution", "problem"),
    [
        (
            "def double(x):\n    while True: pass\n",
            "the solution did not answer (values: no answer within 1 s)",
        ),
        (
            "import time\n\n\ndef double(x):\n    return x * (time.perf_counter_ns() % 1009)\n",
            "the solution answers values differently the second time",
        ),
        (
            "def double(x):\n    assert x[0] > 0, 'too small'\n    return 2 * x\n",
            "with another seed the solution fails values: too small",
        ),
        (
            "def double(x):\n    while x[0] < 0: pass\n    return 2 * x\n",
            "with another seed the solution fails values: no answer within 1 s",
        ),
    ],
)
def test_a_solution_with_a_fault_is_told(checked: Check, solution: str, problem: str) -> None:
    checks = CHECKS.replace("cases=3", "cases=1").replace('case.size("count")', "1")
    found = checked(checks, solution, limits="[limits]\nwall_seconds = 1\n")

    assert (len(found.problems), messages.text(found.problems[0])[: len(problem)], found.passed) == (
        1,
        problem,
        False,
    )


def test_a_solution_that_takes_too_long_in_all_is_told(checked: Check) -> None:
    solution = "import time\n\n\ndef double(x):\n    time.sleep(0.4)\n    return 2 * x\n"
    found = checked(CHECKS, solution, limits="[limits]\ntask_seconds = 0.7\n")

    assert tuple(map(messages.text, found.problems)) == (
        "the solution did not answer (values: the program used up the time for one task "
        "(0.7 s for all its checks))",
    )


def test_where_the_solution_has_a_fault_nothing_else_is_looked_at(checked: Check) -> None:
    found = checked(
        CHECKS,
        "import time\n\n\ndef double(x):\n    return x * (time.perf_counter_ns() % 1009)\n",
        one=patch("return x * (time.perf_counter_ns() % 1009)", "return x"),
    )

    assert (found.mutants, found.mistakes, found.checks, found.guesses) == (0, (), (), ())


@pytest.mark.parametrize(
    ("checks", "said"),
    [(f"{CHECKS}\n1 / 0\n", "ZeroDivisionError"), (CHECKS.replace("double", "twice"), "MissingName")],
)
def test_what_only_the_author_can_mend_ends_the_check(checked: Check, checks: str, said: str) -> None:
    with pytest.raises(AssignmentError, match=said):
        checked(checks)


# Laws

BROKEN_BY_CHANCE = """
from grader import Task

task = Task()


def positive(expected, actual):
    return None if actual["size"] > 0 else "a size is negative"


@task.check(points=3, cases=1, compare=positive)
def values(impl, case):
    \"\"\"Sizes are positive.\"\"\"
    return {"size": impl.double(case.integer(0, 12, name="x"))}
"""


def test_a_law_is_tried_on_the_solution_with_thirty_seeds(checked: Check) -> None:
    found = checked(BROKEN_BY_CHANCE)

    assert len(found.problems) == 1
    assert re.fullmatch(
        r"with seed \d+ the solution violates the property of values, case 0: a size is negative",
        messages.text(found.problems[0]),
    )


RAISING = LAW.replace(
    'return None if (actual["size"] >= 0).all() else "a size is negative"',
    'return {"small": None}["small" if actual["size"].max() < 100 else "large"]',
)


def test_an_exception_in_a_law_neither_catches_a_mistake_nor_kills_a_mutant(checked: Check) -> None:
    solution = "def double(x):\n    return abs(x) * 1.5\n"
    found = checked(
        RAISING,
        solution,
        large=patch("return abs(x) * 1.5", "return abs(x) + 1000"),
        longer=patch("return abs(x) * 1.5", "return abs(x.repeat(2)) + 1000"),
    )

    assert [(mistake.name, mistake.caught) for mistake in found.mistakes] == [
        ("large", False),
        ("longer", False),
    ]
    assert found.checks[0].kills == sum(survivor.new.endswith("None") for survivor in found.survivors) + (
        found.mutants - len(found.survivors)
    )


# What is left out, or not finished


def test_a_quick_check_tries_the_known_mistakes_alone(written: Write, sandbox: Sandbox) -> None:
    made = grader(written(GRADED, three=patch("return 2 * x", "return 3 * x"), equivalent=CUT), sandbox)
    found = Audit(made, quick=True).check(made.tasks[0])

    assert (found.extent, len(found.mistakes), found.mutants, found.guesses) == ("quick", 1, 0, ())
    assert (found.unused, found.idle_cases, found.passed) == ((), {}, True)


def test_what_was_known_when_a_check_is_stopped_can_be_had(written: Write, sandbox: Sandbox) -> None:
    made = grader(written(COMPLETE, three=patch("return 2 * x", "return 3 * x")), sandbox)

    def stop(task: str, step: str) -> None:
        if step == "guesses":
            raise KeyboardInterrupt

    audit = Audit(made, stop)
    with pytest.raises(KeyboardInterrupt):
        audit.check(made.tasks[0])
    found = audit.so_far()

    assert found is not None
    assert (found.extent, len(found.mistakes), found.mutants > 3) == ("stopped", 1, True)


# Programs that do nothing


def test_every_way_to_do_nothing_is_tried(checked: Check) -> None:
    assert [(messages.text(guess.program), guess.score) for guess in checked().guesses] == [
        (program, 0)
        for program in (
            "return nothing",
            "return zero",
            "return its first argument",
            "return its first argument, twice",
            "return zeros like its first argument",
            "raise ValueError",
            "return zeros of the right shapes",
            "return ones of the right shapes",
        )
    ]


def test_points_that_guessing_gets_are_told(checked: Check) -> None:
    shape = CHECKS.replace('{"twice": ', '{"shape": ').replace(', name="x"))}', ', name="x")).shape}')

    assert {messages.text(guess.program): guess.score for guess in checked(shape).guesses if guess.score} == {
        "return its first argument": 3,
        "return zeros like its first argument": 3,
        "return zeros of the right shapes": 3,
        "return ones of the right shapes": 3,
    }


def test_a_module_of_classes_is_guessed_as_well(checked: Check) -> None:
    checks = CHECKS.replace("impl.double(", "impl.Double(1)(")
    solution = (
        "import torch\n\n\nclass Double(torch.nn.Module):\n"
        "    def __init__(self, n):\n        super().__init__()\n\n"
        "    def forward(self, x):\n        return x\n"
    )

    assert {
        messages.text(guess.program): guess.score
        for guess in checked(checks, solution).guesses
        if guess.score
    } == {"return its first argument": 3}


@pytest.mark.parametrize(
    "result", ["numpy.ones(3) * float(x[0])", "'ab' * (3 + int(x[0] > 0))", "[x.sum().item()]"]
)
def test_zeros_of_the_right_shapes_stand_for_arrays_texts_and_numbers_too(
    checked: Check, result: str
) -> None:
    solution = f"import numpy\n\n\ndef double(x):\n    return {result}\n"

    assert [guess.score for guess in checked(solution=solution).guesses[-2:]] == [0, 0]


def test_a_class_without_forward_is_not_guessed_by_its_own_right_methods(checked: Check) -> None:
    checks = CHECKS.replace("impl.double(", "impl.Double().of(")
    solution = "class Double:\n    def of(self, x):\n        return 2 * x\n"

    assert [guess.score for guess in checked(checks, solution).guesses] == [0] * 6


def test_a_program_that_does_nothing_and_gains_by_follow_through_is_told(checked: Check) -> None:
    found = checked(COMPLETE, one=patch("return 2 * x", "return x"))
    gains = {
        messages.text(guess.program): (guess.gained, guess.given) for guess in found.guesses if guess.gained
    }

    assert gains == {"return its first argument": (2.4, ("One",))}
    assert not found.passed


def test_what_one_mistake_gets_is_told_beside_what_it_gets_alone(checked: Check) -> None:
    (mistake,) = checked(COMPLETE, three=patch("return 2 * x", "return 3 * x")).mistakes

    assert (mistake.score, mistake.plain, mistake.price, mistake.has_price) == (2.4, 0, 0.6, False)


# The sandbox


class LosingOne:
    """A sandbox that is lost where a job holds certain bytes."""

    def __init__(self, inner: Sandbox, lost: bytes) -> None:
        self.level, self.not_isolated = inner.level, inner.not_isolated
        self._inner, self._lost = inner, lost

    def run(self, job: bytes, limits: Limits, hear: Hear, files: Mapping[str, bytes]) -> Ending:
        return (
            Ending(End.LOST)
            if self._lost in b"".join(files.values())
            else self._inner.run(job, limits, hear, files)
        )

    def holding(self, files: Mapping[str, bytes]) -> AbstractContextManager[object]:
        return self._inner.holding(files)

    def alone(self) -> AbstractContextManager[object]:
        return self._inner.alone()

    def close(self) -> None:
        self._inner.close()


def test_a_lost_sandbox_notices_no_slip(written: Write, sandbox: Sandbox) -> None:
    made = grader(written(), LosingOne(sandbox, b"return None"))
    with pytest.raises(SandboxError, match="the sandbox ended before the work began"):
        Audit(made).check(made.tasks[0])


# Sums


def of_counts(mutants: int, survivors: int, equivalent: int, problems: tuple[str, ...] = ()) -> TaskAudit:
    return TaskAudit(
        task="double",
        points=3,
        problems=problems,
        mistakes=(),
        mutants=mutants,
        survivors=(HOLE,) * survivors,
        equivalent=(HOLE,) * equivalent,
        unused=(),
        checks=(),
        idle_cases={},
        guesses=(),
    )


def test_the_score_counts_what_was_killed_of_what_is_a_mistake() -> None:
    tasks = (of_counts(10, survivors=2, equivalent=2), of_counts(2, survivors=0, equivalent=1))
    whole = AssignmentAudit(title="Doubles", tasks=tasks, seconds=0)

    assert ([task.killed for task in tasks], whole.score, whole.passed) == ([6, 1], 100 * 7 / 9, False)


def test_an_assignment_passes_where_every_task_does() -> None:
    tasks = (of_counts(3, survivors=0, equivalent=1), of_counts(2, survivors=0, equivalent=0))

    assert AssignmentAudit(title="Doubles", tasks=tasks, seconds=0).passed is True
