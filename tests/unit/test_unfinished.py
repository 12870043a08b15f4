"""What counts as not written yet, and what is said of it."""

import pytest

from grader.judging.unfinished import with_stage
from grader.report.messages import text
from grader.results.message import Message
from grader.results.report import (
    CheckResult,
    Comparison,
    Evidence,
    Excerpt,
    RaisedException,
    Shown,
    SourceLine,
    Verdict,
)
from grader.submission.loader import Submission
from grader.submission.unfinished import Stub, defined, stubs

CLASS = "class Cell(torch.nn.Module):\n    def __init__(self, size):\n        super().__init__()\n"
FORWARD = f"{CLASS}\n    def forward(self, x):\n"


@pytest.mark.parametrize(
    "body",
    [
        "pass",
        "...",
        '"""To do."""',
        '"""To do."""\n    raise NotImplementedError',
        "raise NotImplementedError('to do')",
        "return None",
        "return",
        "result = None  # your code\n    return result",
        "h = None\n    c = None\n    return h, c",
    ],
)
def test_a_function_that_does_nothing_is_not_written(body: str) -> None:
    assert stubs(f"import torch\n\ndef count(a):\n    {body}\n".encode(), ["count"]) == [
        Stub("count", 3, False)
    ]


@pytest.mark.parametrize(
    "source",
    [
        "def count(a):\n    return a\n",
        "def count(a):\n    return 0\n",
        "def count(a):\n    print(a)\n",
        "def count(a):\n    raise ValueError\n",
        "def count(a):\n    if a is None:\n        raise NotImplementedError\n    return a\n",
        "def count(a): ...\ndef count(a): return a\n",
        "def count(a): ...\ncount = len\n",
        "def count(a): ...\nif True:\n    def count(a): return a\n",
        "def count(a): ...\nfrom other import one as count\n",
        "@written_elsewhere\ndef count(a): ...\n",
        "def other(a): ...\n",
        "def count(a) ...",
        "",
    ],
)
def test_a_function_that_does_something_is_no_stub(source: str) -> None:
    assert stubs(source.encode(), ["count"]) == []


@pytest.mark.parametrize(
    ("source", "found"),
    [
        (f"{FORWARD}        pass\n", Stub("Cell.forward", 5, False)),
        ("class Cell: pass\n", Stub("Cell", 1, False)),
        (CLASS, Stub("Cell", 1, False)),
        (
            f"{CLASS}        self.size = size\n        self.w = make()\n    def forward(self, x): ...\n",
            Stub("Cell.forward", 6, True),
        ),
        (f"{FORWARD}        pass\n\n    def helper(self): return 1\n", None),
        ("class Cell(Base):\n    pass\n", None),
        (f"{CLASS}        self.w = make()\n", None),
        (f"{CLASS}    forward = make\n", None),
        (f"{FORWARD}        return x\n", None),
    ],
)
def test_a_class_whose_methods_do_nothing_is_not_written(source: str, found: Stub | None) -> None:
    assert stubs(source.encode(), ["Cell"]) == [found][: found is not None]


def test_names_that_a_file_defines_are_found() -> None:
    source = b"class GRUCell: pass\ndef count(): pass\nLSTMCell = GRUCell\n"

    assert defined(source, ["LSTMCell", "count", "GRUCell"]) == ["count", "GRUCell"]
    assert defined(b"def count(:", ["count"]) == []


# What is said


def check(
    verdict: Verdict = Verdict.FAILED,
    raised: RaisedException | None = None,
    actual: str = "",
) -> CheckResult:
    seen = Evidence(
        raised=raised,
        comparisons=(
            Comparison(
                name="h", expected=None, actual=Shown(name="h", kind="text", text=actual), agrees=False
            ),
        )
        if actual
        else (),
    )
    return CheckResult(
        check="step",
        title="A step.",
        verdict=verdict,
        score=0,
        points=1,
        message=Message.of("no_answer_given"),
        hint="A riddle.",
        mistake="nothing returned",
        evidence=seen,
    )


def raising(line: str, kind: str = "NotImplementedError", message: str = "") -> RaisedException:
    excerpt = Excerpt(file="m.py", function="f", lines=(SourceLine(number=2, text=line, marked=True),))
    return RaisedException(type=kind, message=message, excerpts=(excerpt,))


def said(source: str, wanted: list[str], *results: CheckResult) -> tuple[str, list[str]]:
    submission = Submission("s", {"m.py": source.encode()}, {})
    progress, told = with_stage("m", wanted, submission, results)
    assert [one.score for one in told] == [one.score for one in results]
    return progress, [text(one.message) for one in told]


NOT_WRITTEN = "`f` (m.py, line 1) is not written yet."
OTHER = text(Message.of("no_answer_given"))


def test_a_task_of_stubs_alone_is_not_started() -> None:
    assert said("def f(): pass\n", ["f"], check(), check(Verdict.SKIPPED)) == (
        "not started",
        [NOT_WRITTEN, OTHER],
    )


def test_a_stub_says_no_riddle() -> None:
    submission = Submission("s", {"m.py": b"def f(): pass\n"}, {})
    _, (told,) = with_stage("m", ["f"], submission, [check()])

    assert (told.hint, told.mistake, told.diagnosis) == ("", "", None)


def test_one_of_two_functions_is_not_finished() -> None:
    source = "def f(): pass\ndef g(): return 1\n"
    none = check(actual="None (is `return` missing?)")

    assert said(source, ["f", "g"], none, check(Verdict.PASSED)) == ("not finished", [NOT_WRITTEN, OTHER])


def test_a_wrong_function_beside_a_stub_is_told_as_wrong() -> None:
    source = "def f(): pass\ndef g(): return 1\n"

    assert said(source, ["f", "g"], check(actual="None"), check(actual="1")) == ("", [NOT_WRITTEN, OTHER])
    assert said(source, ["f", "g"], check(actual="1")) == ("", [OTHER])


def test_a_line_that_raises_not_implemented_is_not_finished() -> None:
    raised = check(raised=raising("raise NotImplementedError"))

    assert said("def f(x):\n    raise NotImplementedError\n    return x\n", ["f"], raised) == (
        "not finished",
        ["Not finished: m.py, line 2 raises `NotImplementedError`."],
    )


def test_failures_are_told_as_they_are_if_the_checks_name_nothing_of_the_module() -> None:
    raised = check(raised=raising("raise NotImplementedError"))

    assert said("def f(): return 1\n", [], check()) == ("", [OTHER])
    assert said("def f():\n    raise NotImplementedError\n", [], raised)[0] == "not finished"


def test_what_torch_has_not_implemented_is_an_exception_as_any_other() -> None:
    raised = check(raised=raising("y = x.sparse_thing()"))

    assert said("def f(x):\n    y = x.sparse_thing()\n", ["f"], raised) == ("", [OTHER])


def test_of_two_functions_the_one_that_raises_not_implemented_is_told() -> None:
    source = "def f(): raise NotImplementedError\ndef g(): return 1\n"
    own = check(raised=raising("raise NotImplementedError"))
    nothing = check(raised=raising("x + 1", "TypeError", "unsupported: 'NoneType'"))
    other = check(raised=raising("x + 1", "TypeError", "unsupported: 'str'"))
    unseen = check().model_copy(update={"evidence": None})

    assert said(source, ["f", "g"], own, nothing, other, unseen) == (
        "",
        [NOT_WRITTEN, NOT_WRITTEN, OTHER, OTHER],
    )


def test_a_task_that_passes_is_finished() -> None:
    assert said("def f(): pass\n", ["f"], check(Verdict.PASSED)) == ("", [OTHER])


HUGE = "0x" + "F" * 5000
"""Python reads it, and refuses to write it with decimal digits."""


@pytest.mark.parametrize(
    "source",
    [
        f"class Cell(torch.nn.Module, *(() if 1 else ({HUGE},))):\n    def forward(self): ...\n",
        f"class Cell(torch.nn.Module):\n    def __init__(self):\n        f({HUGE})\n"
        "    def forward(self): ...\n",
    ],
)
def test_a_program_with_a_number_too_long_to_be_written_is_looked_at(source: str) -> None:
    assert stubs(source.encode(), ["Cell"])[:1] in ([], [Stub("Cell.forward", 4, True)])
