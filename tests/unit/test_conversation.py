"""Only what arrives in order is believed, and a check that ends the process costs itself."""

import marshal
import struct
from collections.abc import Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field, replace
from typing import Any

import pytest
from conversations import believed, check, described
from hypothesis import given, settings
from hypothesis import strategies as st

from grader.asking.conversation import Compared, ask, check_properties, reason
from grader.asking.questions import (
    Budget,
    CheckInfo,
    Description,
    Ended,
    Question,
    Responses,
    Stop,
    everything,
)
from grader.authoring.task import Plot
from grader.errors import AssignmentError, MalformedMessage
from grader.report import messages
from grader.report.numbers import size as in_words
from grader.results.message import Message
from grader.sandbox.contract import End, Ending, Hear, Level, Limits
from grader.wire import Answer, WireMessage, pack, pack_answer, unpack

MALFORMED = Message.of("malformed_answer")
LIMITS = Limits(message=1 << 16)


@dataclass
class Played:
    """A sandbox that plays recorded bytes: one record a run, the last one again and again."""

    records: list[tuple[list[bytes], Ending]]
    jobs: list[WireMessage] = field(default_factory=list)
    begun: list[float | None] = field(default_factory=list)
    allowed: list[float] = field(default_factory=list)
    """The seconds that each run was allowed."""
    level: Level = Level.NONE
    not_isolated: tuple[str, ...] = ()

    def holding(self, files: Mapping[str, bytes]) -> AbstractContextManager[object]:
        return nullcontext()

    def alone(self) -> AbstractContextManager[object]:
        return nullcontext()

    def run(self, job: bytes, limits: Limits, hear: Hear, files: Mapping[str, bytes]) -> Ending:
        self.jobs += unpack(job)
        self.allowed.append(limits.task_seconds)
        pieces, ending = self.records.pop(0) if len(self.records) > 1 else self.records[0]
        for piece in pieces:
            try:
                self.begun.append(hear(piece))
            except MalformedMessage:
                return Ending(End.REFUSED, 0, ending.output)
        return ending

    def close(self) -> None:
        pass


TWO = described(check("one"), check("two"))
STARTED, LOADED, END = (pack(kind, {}) for kind in ("started", "loaded", "end"))
DONE = Ending(End.DONE)


def begin(name: str) -> bytes:
    return pack("begin", {"check": name})


def answered(name: str, case: int, value: int = 7) -> bytes:
    return pack_answer(Answer(name, case, {"value": value}))


WHOLE = [
    STARTED,
    LOADED,
    begin("one"),
    answered("one", 0),
    answered("one", 1),
    begin("two"),
    answered("two", 0),
    answered("two", 1),
    END,
]


def question(description: Description = TWO) -> Question:
    return Question("checks", "module", {"module.py": b""}, seed=1, ask=everything(description))


def listened(*pieces: bytes, ending: Ending = DONE) -> Responses:
    """Return what is believed of one run; nothing is asked again."""
    return ask(Played([(list(pieces), ending)]), LIMITS, question())


def test_a_whole_conversation_is_believed() -> None:
    asked = listened(*WHOLE)

    assert (believed(asked), asked.stops, asked.broken, asked.not_loaded) == (
        [("one", 0), ("one", 1), ("two", 0), ("two", 1)],
        {},
        None,
        None,
    )


@pytest.mark.parametrize("piece", [1, 7, 1000])
def test_it_does_not_matter_how_the_bytes_are_cut(piece: int) -> None:
    stream = b"".join(WHOLE)

    assert listened(*(stream[at : at + piece] for at in range(0, len(stream), piece))) == listened(*WHOLE)


def test_the_clock_starts_again_after_the_import_and_with_each_check() -> None:
    box = Played([(WHOLE, DONE)])
    ask(box, LIMITS, question())

    assert [at for at, begun in enumerate(box.begun) if begun is not None] == [1, 2, 5]


def test_a_check_has_the_time_that_its_author_says_whatever_the_process_sends() -> None:
    slow = described(check("one"), check("two", wall_seconds=25))
    sent = [STARTED, LOADED, begin("one"), answered("one", 0), answered("one", 1)]
    longer = [pack("begin", {"check": "two", "wall_seconds": 999})]
    box = Played([(sent + longer, Ending(End.WALL))])
    asked = ask(box, LIMITS, question(slow), slow)

    assert [seconds for seconds in box.begun if seconds] == [10, 10, 25]
    assert "25 s" in messages.text(asked.stops["two"].reason)


def test_a_trusted_module_brings_the_time_of_its_checks() -> None:
    described_slow = described(check("one", wall_seconds=0.5)).model_dump(mode="json")
    sent = [STARTED, pack("described", described_slow), LOADED, begin("one")]
    box = Played([(sent, Ending(End.WALL))])
    asked = ask(box, LIMITS, replace(question(), ask=()))

    assert [seconds for seconds in box.begun if seconds] == [10, 0.5]
    assert "0.5 s" in messages.text(asked.stops["one"].reason)


OUT_OF_ORDER = {
    "an answer before the import": [STARTED, answered("one", 0)],
    "an answer before its check": [STARTED, LOADED, answered("one", 0)],
    "another check first": [STARTED, LOADED, begin("two"), answered("two", 0)],
    "a check that does not exist": [STARTED, LOADED, begin("three"), answered("three", 0)],
    "the answer of another check": [STARTED, LOADED, begin("one"), answered("two", 0)],
    "a later case first": [STARTED, LOADED, begin("one"), answered("one", 1), answered("one", 0)],
    "a case that does not exist": [STARTED, LOADED, begin("one"), answered("one", 2)],
    "a start twice": [STARTED, STARTED, LOADED, begin("one"), answered("one", 0)],
    "an end at once": [STARTED, END, LOADED, begin("one"), answered("one", 0)],
    "loaded twice": [STARTED, LOADED, LOADED, begin("one"), answered("one", 0)],
    "a kind that does not exist": [STARTED, pack("passed", {}), LOADED, begin("one"), answered("one", 0)],
    "no message": [STARTED, LOADED, begin("one"), b"\xff" * 20, answered("one", 0)],
    "a description that was not asked for": [STARTED, pack("described", {"forbid": [], "checks": []})],
    "not loaded after it was": [STARTED, LOADED, pack("not_loaded", {})],
    "broken after the start": [STARTED, pack("broken", {"text": "full marks, please"})],
    "broken after it was loaded": [STARTED, LOADED, pack("broken", {"text": "full marks, please"})],
    "a giant": [STARTED, LOADED, begin("one"), struct.pack("<II", 10, 1 << 30), answered("one", 0)],
}


@pytest.mark.parametrize("record", OUT_OF_ORDER)
def test_nothing_is_believed_after_a_message_out_of_order(record: str) -> None:
    asked = listened(*OUT_OF_ORDER[record])
    (stop,) = asked.stops.values()

    assert (believed(asked), asked.broken, messages.text(stop.reason)) == (
        [],
        None,
        "it sent something that is not an answer",
    )


def test_what_was_answered_before_stays_believed() -> None:
    asked = listened(*WHOLE[:4], answered("one", 0, value=8), answered("one", 1))

    assert (believed(asked), asked.answers["one"][0].observed, asked.stops) == (
        [("one", 0)],
        {"value": 7},
        {"one": Stop("one", 1, MALFORMED)},
    )


def test_an_answer_that_comes_twice_is_not_believed() -> None:
    asked = listened(*WHOLE[:5], answered("one", 1), *WHOLE[5:])

    assert (believed(asked), list(asked.stops)) == ([("one", 0), ("one", 1)], ["two"])


@pytest.mark.parametrize(
    "more", [END, answered("one", 0, value=8), pack("broken", {"text": "x"}), b"\xff" * 9]
)
def test_what_comes_after_the_end_changes_nothing(more: bytes) -> None:
    assert listened(*WHOLE, more) == listened(*WHOLE)


def test_where_all_is_answered_a_missing_end_costs_nothing() -> None:
    assert listened(*WHOLE[:-1], ending=Ending(End.EXIT, 3)) == listened(*WHOLE)


@pytest.mark.parametrize("ending", [DONE, Ending(End.EXIT, 1), Ending(End.WALL)])
def test_a_worker_that_never_spoke_is_our_fault(ending: Ending) -> None:
    assert messages.text(listened(ending=ending).broken).startswith("the sandbox ended before the work began")


def test_a_lost_sandbox_is_our_fault() -> None:
    asked = listened(*WHOLE[:4], ending=Ending(End.LOST))

    assert messages.text(asked.broken) == "the sandbox ended before the work began (lost)"


def test_what_a_worker_said_before_it_died_is_told() -> None:
    asked = listened(ending=Ending(End.EXIT, 70, b"the worker failed: no memory\n"))

    assert (
        messages.text(asked.broken)
        == "the sandbox ended before the work began (the worker failed: no memory)"
    )


def test_a_slip_in_checks_is_told_in_the_authors_words() -> None:
    asked = listened(pack("broken", {"text": "NameError: x (checks.py, line 3)"}))

    assert messages.text(asked.broken) == "NameError: x (checks.py, line 3)"


def test_an_import_that_raised_is_told() -> None:
    raised = {"kinds": ["ImportError"], "message": "no", "frames": [["a.py", 3, "f"]], "check_line": 0}
    asked = listened(STARTED, pack("not_loaded", {"raised": raised}), END)

    assert asked.not_loaded is not None and asked.not_loaded.kinds == ("ImportError",)


@pytest.mark.parametrize("raised", [None, 5, {}, {"kinds": []}])
def test_an_import_that_raised_nothing_is_not_believed(raised: Any) -> None:
    asked = listened(STARTED, pack("not_loaded", {"raised": raised}))

    assert (asked.not_loaded, asked.stops) == (
        None,
        {"": Stop("", 0, MALFORMED)},
    )


def test_an_end_during_the_import_stops_before_the_first_check() -> None:
    asked = listened(STARTED, ending=Ending(End.WALL))

    assert asked.stops == {"": Stop("", 0, Message.of("no_answer", seconds=10.0))}


@settings(deadline=None)
@given(st.lists(st.sampled_from([*WHOLE, b"\0", pack("broken", {}), pack("not_loaded", {})]), max_size=12))
def test_whatever_order_messages_come_in_only_the_right_beginning_is_believed(pieces: list[bytes]) -> None:
    right = 0
    while right < min(len(pieces), len(WHOLE)) and pieces[right] == WHOLE[right]:
        right += 1
    expected = [(name, case) for name in ("one", "two") for case in (0, 1)]

    assert believed(listened(*pieces)) == expected[: sum(b'"answer"' in piece for piece in WHOLE[:right])]


# Going on


def runs(description: Description, *records: tuple[list[bytes], Ending]) -> tuple[Responses, list[list[str]]]:
    """Return what is believed, and which checks each process was asked."""
    box = Played(list(records))
    asked = ask(box, LIMITS, question(description), description)
    return asked, [[name for name, _ in job.fields["ask"]] for job in box.jobs]


STOPPED = ([STARTED, LOADED, begin("one")], Ending(End.SIGNAL, 11))


def test_a_fresh_process_goes_on_with_the_next_check() -> None:
    rest = [STARTED, LOADED, begin("two"), answered("two", 0), answered("two", 1), END]
    asked, asked_for = runs(TWO, STOPPED, (rest, DONE))

    assert (believed(asked), asked_for, list(asked.stops)) == (
        [("two", 0), ("two", 1)],
        [["one", "two"], ["two"]],
        ["one"],
    )


def test_what_stands_on_the_check_that_stopped_is_not_asked() -> None:
    description = described(check("one"), check("two", "one"), check("three", "two"), check("four"))
    rest = [STARTED, LOADED, begin("four"), answered("four", 0), answered("four", 1), END]
    _, asked_for = runs(description, STOPPED, (rest, DONE))

    assert asked_for == [["one", "two", "three", "four"], ["four"]]


def test_a_module_that_stops_every_check_is_asked_for_each_once() -> None:
    stops = [([STARTED, LOADED, begin(name)], Ending(End.WALL)) for name in ("one", "two")]
    asked, asked_for = runs(TWO, *stops)

    assert (list(asked.stops), asked_for) == (["one", "two"], [["one", "two"], ["two"]])


def test_a_check_that_answered_is_not_asked_again() -> None:
    first = (WHOLE[:6], Ending(End.EXIT, 1))
    asked, asked_for = runs(TWO, first)

    assert (believed(asked), asked_for, asked.stops["two"].case) == (
        [("one", 0), ("one", 1)],
        [["one", "two"]],
        0,
    )


def test_a_stop_during_the_import_is_final() -> None:
    _, asked_for = runs(TWO, ([STARTED], Ending(End.WALL)))

    assert asked_for == [["one", "two"]]


def test_the_output_of_all_processes_is_kept() -> None:
    first = (STOPPED[0], Ending(End.SIGNAL, 11, b"first "))
    rest = [STARTED, LOADED, begin("two"), answered("two", 0), answered("two", 1), END]
    asked, _ = runs(TWO, first, (rest, Ending(End.DONE, 0, b"second \xff")))

    assert asked.output == "first second \ufffd"


# An import that goes on


def not_loaded(seconds: float) -> tuple[list[bytes], Ending]:
    """Return the record of a run whose import failed after so many seconds."""
    raised = {"kinds": ["ValueError"], "message": "no", "frames": [], "check_line": 0}
    return [STARTED, pack("not_loaded", {"raised": raised}), END], Ending(End.DONE, seconds=seconds)


def at(number: int) -> bytes:
    return pack("at", {"file": "module.py", "number": number, "line": 1})


def going_on(ended: Ended) -> Question:
    return replace(question(), ended=ended)


def test_an_import_that_is_repeated_counts_toward_the_time_of_task_and_submission() -> None:
    box, budget = Played([not_loaded(1), (WHOLE, Ending(End.DONE, seconds=0.5))]), Budget(9)
    asked = ask(box, Limits(task_seconds=3), going_on({}), TWO, budget)

    assert (box.allowed, budget.left, asked.not_loaded) == ([3, 2], 7.5, None)


def test_an_import_that_took_all_the_time_is_not_repeated() -> None:
    box = Played([([STARTED], Ending(End.TASK, seconds=3))])
    asked = ask(box, Limits(task_seconds=3), going_on({}), TWO, Budget(9))

    assert (len(box.jobs), messages.text(asked.stops[""].reason)) == (
        1,
        "the program used up the time for one task (3 s for all its checks)",
    )


def test_a_statement_that_took_too_long_is_left_out_for_the_next_task_at_once() -> None:
    hung = Ending(End.WALL, seconds=1)
    box, ended = Played([([STARTED], hung), ([STARTED, at(2)], hung), (WHOLE, DONE)]), Ended()
    ask(box, LIMITS, going_on(ended), TWO)
    ask(box, LIMITS, going_on(ended), TWO)
    told = [(job.fields["going_on"], job.fields["skip"]) for job in box.jobs]

    assert told == [(False, []), (True, []), (True, [["module.py", 2]]), (True, [["module.py", 2]])]


def test_a_statement_that_another_task_found_too_slow_is_left_out_beyond_the_most_that_are() -> None:
    hung = Ending(End.WALL, seconds=1)
    ended: Ended = {(b"", 2): "slow", (b"x", 1): "slow", (b"y", 1): "slow"}
    box = Played([([STARTED, at(2)], hung), (WHOLE, DONE)])

    assert believed(ask(box, LIMITS, going_on(ended), TWO)) != []


# What a question says to the worker


def test_a_job_holds_the_checks() -> None:
    whole = Question("checks", "m", {"m.py": b"12", "n.py": b"345"}, 9, (("one", (0, 2)),), record=True)
    (job,) = unpack(whole.job(whole.ask))
    code = marshal.dumps(compile("checks", "/assignment/checks.py", "exec"))

    assert (job.fields, job.payload) == (
        {
            "module": "m",
            "more": [],
            "folders": [""],
            "wanted": [],
            "going_on": False,
            "skip": [],
            "seed": 9,
            "ask": [["one", [0, 2]]],
            "record": True,
            "describe": False,
            "files": [
                ["/assignment/checks.py", 6],
                ["/assignment/checks.pyc", len(code)],
            ],
        },
        b"checks" + code,
    )


@pytest.mark.parametrize("checks", ["def", "a\0b", "-" * 100_000 + "1", "(" * 1000])
def test_checks_that_cannot_be_compiled_go_without_code(checks: str) -> None:
    (job,) = unpack(Question(checks, "m", {}, 1).job(()))

    assert job.fields["files"][1] == ["/assignment/checks.pyc", 0]


def test_without_checks_all_are_asked_and_described() -> None:
    (job,) = unpack(question().job(()))

    assert (job.fields["ask"], job.fields["describe"]) == (None, True)


def test_the_checks_that_stand_on_one_are_found_through_others() -> None:
    description = described(check("a"), check("b", "a"), check("c", "b"), check("d", "a", "c"), check("e"))

    assert [description.after(name) for name in "abe"] == [{"b", "c", "d"}, {"c", "d"}, set()]


def test_a_picture_comes_back_as_its_author_wrote_it() -> None:
    plot = {"title": "t", "x": "x", "y": "y", "log": True, "bars": False, "first": 1}
    info = CheckInfo.model_validate(check("a") | {"plot": plot})

    assert info.picture() == Plot("t", "x", "y", log=True, first=1)


@pytest.mark.parametrize(
    ("ending", "words"),
    [
        (Ending(End.WALL), "no answer within 10 s"),
        (Ending(End.CPU), "it used more than 60 s of processor time"),
        (Ending(End.OUTPUT), "it printed more than 16 MiB"),
        (Ending(End.REFUSED), "it sent something that is not an answer"),
        (Ending(End.SIGNAL, 11), "the interpreter crashed (signal SIGSEGV)"),
        (Ending(End.SIGNAL, 99), "the interpreter crashed (signal 99)"),
        (Ending(End.EXIT, 3), "the program ended itself (exit code 3)"),
        (Ending(End.DONE), "the program ended itself (exit code 0)"),
        (Ending(End.LOST), "the sandbox was lost"),
        (Ending(End.TASK), "the program used up the time for one task (30 s for all its checks)"),
    ],
)
def test_every_ending_has_its_words(ending: Ending, words: str) -> None:
    assert messages.text(reason(ending, Limits())) == words


@pytest.mark.parametrize(
    ("count", "words"),
    [(0, "0 bytes"), (1023, "1023 bytes"), (1024, "1 KiB"), (16 << 20, "16 MiB"), (3 << 29, "1.5 GiB")],
)
def test_a_number_of_bytes_has_its_words(count: int, words: str) -> None:
    assert in_words(count) == words


# What is too much


THREE = described(check("one"), check("two"), check("three"))


def died_at(name: str, seconds: float, end: End = End.EXIT) -> tuple[list[bytes], Ending]:
    """Return the record of a run that answered one case of a check and then ended, after so many seconds."""
    return [STARTED, LOADED, begin(name), answered(name, 0)], Ending(end, 5, seconds=seconds)


TASK_USED_UP = Message.of("task_time_used_up", seconds=3)
SUBMISSION_USED_UP = Message.of("submission_time_used_up", seconds=2)
DIED = Message.of("exited", code=5)


def test_a_program_that_ends_check_after_check_is_asked_again_only_for_so_long() -> None:
    box = Played([died_at("one", 2), died_at("two", 1)])
    asked = ask(box, Limits(task_seconds=3), question(THREE), THREE)

    assert (len(box.jobs), asked.stops) == (
        2,
        {
            "one": Stop("one", 1, DIED),
            "two": Stop("two", 1, DIED),
            "three": Stop("three", None, Message.of("not_reached", reason=TASK_USED_UP)),
        },
    )


def test_each_run_of_a_task_may_take_what_the_runs_before_it_left() -> None:
    box = Played([died_at("one", 2), died_at("two", 0.5), died_at("three", 0.25)])
    ask(box, Limits(task_seconds=3), question(THREE), THREE)

    assert box.allowed == [3, 1, 0.5]


def test_a_check_in_which_the_time_for_the_task_ends_says_so() -> None:
    asked = ask(Played([died_at("one", 3, End.TASK)]), Limits(task_seconds=3), question(THREE), THREE)

    assert asked.stops["one"] == Stop("one", 1, TASK_USED_UP)


def test_the_time_for_the_task_is_up_even_if_the_clock_was_put_back_a_little_at_the_end() -> None:
    box = Played([died_at("one", 2.99, End.TASK)])
    asked = ask(box, Limits(task_seconds=3), question(THREE), THREE)

    assert (len(box.jobs), asked.stops["two"].case) == (1, None)


def test_a_program_that_is_being_started_again_when_its_time_is_up_keeps_what_it_has() -> None:
    box = Played([died_at("one", 2), ([STARTED], Ending(End.TASK, seconds=1))])
    asked = ask(box, Limits(task_seconds=3), question(THREE), THREE)

    assert (believed(asked), {name: stop.case for name, stop in asked.stops.items()}) == (
        [("one", 0)],
        {"one": 1, "two": None, "three": None},
    )


def test_time_that_is_up_before_the_work_has_begun_is_not_our_fault() -> None:
    box = Played([died_at("one", 2.9), ([], Ending(End.TASK, seconds=0.1))])
    asked = ask(box, Limits(task_seconds=3), question(THREE), THREE)

    assert (asked.broken, [*asked.stops]) == (None, ["one", "two", "three"])


def test_checks_that_take_too_long_to_be_loaded_are_not_the_programs_fault() -> None:
    box = Played([([], Ending(End.TASK, seconds=3))])

    assert ask(box, Limits(task_seconds=3), question(THREE), THREE).broken is not None


def test_the_tasks_of_a_submission_share_its_time() -> None:
    budget, box = Budget(2), Played([(WHOLE, Ending(End.DONE, seconds=1.5)), died_at("one", 0.5, End.TASK)])
    first = ask(box, Limits(task_seconds=3), question(), TWO, budget)
    second = ask(box, Limits(task_seconds=3), question(THREE), THREE, budget)

    assert (first.stops, box.allowed, second.stops, budget.left) == (
        {},
        [2, 0.5],
        {
            "one": Stop("one", 1, SUBMISSION_USED_UP),
            "two": Stop("two", None, Message.of("not_reached", reason=SUBMISSION_USED_UP)),
            "three": Stop("three", None, Message.of("not_reached", reason=SUBMISSION_USED_UP)),
        },
        0,
    )


def test_a_run_that_was_lost_takes_no_time_from_the_submission() -> None:
    budget = Budget(2)
    ask(Played([([STARTED], Ending(End.LOST, seconds=1))]), LIMITS, question(), TWO, budget)

    assert budget.left == 2


def test_a_whole_run_is_believed_although_no_time_is_left_after_it() -> None:
    asked = ask(Played([(WHOLE, Ending(End.DONE, seconds=3))]), Limits(task_seconds=3), question(), TWO)

    assert (asked.stops, len(believed(asked))) == ({}, 4)


@pytest.mark.parametrize(("spare", "stops"), [(0, []), (-1, ["two"])])
def test_more_answers_than_memory_is_kept_for_are_refused(spare: int, stops: list[str]) -> None:
    room = sum(map(len, WHOLE[:-1])) + spare
    asked = ask(Played([(WHOLE[:-1], DONE)]), Limits(answers=room), question())

    assert [*asked.stops] == stops


def test_answers_that_are_too_much_cost_what_came_before_nothing() -> None:
    room = sum(map(len, WHOLE[:5]))
    asked = ask(Played([(WHOLE, DONE)]), Limits(answers=room), question())

    assert (believed(asked), messages.text(asked.stops["two"].reason)) == (
        [("one", 0), ("one", 1)],
        "it sent something that is not an answer",
    )


COMPARED = pack("compared", {"problem": "", "failed": False, "shown": "", "readable": True})


def pairs(count: int, check: str = "even") -> list[tuple[Answer, Answer]]:
    return [
        (Answer(check, case, {"value": 0}), Answer(check, case, {"value": case})) for case in range(count)
    ]


def test_after_three_comparisons_that_ended_their_process_the_rest_is_not_tried() -> None:
    box = Played([([COMPARED], DONE), ([], Ending(End.EXIT, 5))])
    found = check_properties(box, LIMITS, "checks", pairs(9))
    ended = [Compared(Message.of("exited", code=code), True) for code in (0, 5)]

    assert (len(box.jobs), found) == (3, [Compared(), ended[0], *ended[1:] * 7])


def test_comparisons_that_ended_their_process_cost_another_check_nothing() -> None:
    box = Played([([], Ending(End.WALL, seconds=9))] * 3 + [([COMPARED] * 4, DONE)])
    found = check_properties(box, LIMITS, "checks", [*pairs(5), *pairs(2, "odd"), *pairs(2, "odd")])

    assert ([one.failed for one in found], len(box.jobs)) == ([True] * 5 + [False] * 4, 4)


def test_two_comparisons_that_ended_their_process_cost_themselves_only() -> None:
    box = Played([([], Ending(End.WALL)), ([COMPARED], Ending(End.WALL)), ([COMPARED] * 2, DONE)])
    stopped = Compared(Message.of("no_answer", seconds=10), True)

    assert check_properties(box, LIMITS, "checks", pairs(5)) == [
        stopped,
        Compared(),
        stopped,
        Compared(),
        Compared(),
    ]


def test_comparisons_share_the_time_of_a_task() -> None:
    box = Played([([COMPARED], Ending(End.WALL, seconds=2)), ([COMPARED], Ending(End.TASK, seconds=1))])
    found = check_properties(box, Limits(task_seconds=3), "checks", pairs(5))

    assert (box.allowed, found) == (
        [3, 1],
        [
            Compared(),
            Compared(Message.of("no_answer", seconds=10), True),
            Compared(),
            *[Compared(TASK_USED_UP, True)] * 2,
        ],
    )


@pytest.mark.parametrize(
    ("pieces", "ending"),
    [([pack("broken", {"text": "no such law"})], DONE), ([], Ending(End.LOST))],
    ids=["broken", "lost"],
)
def test_a_comparison_that_cannot_be_run_at_all_is_the_authors_or_our_fault(
    pieces: list[bytes], ending: Ending
) -> None:
    with pytest.raises(AssignmentError, match=r"compare= in checks[.]py could not be run"):
        check_properties(Played([(pieces, ending)]), LIMITS, "checks", pairs(2))


def test_without_pairs_nothing_is_compared() -> None:
    box = Played([([], DONE)])

    assert (check_properties(box, LIMITS, "checks", []), box.jobs) == ([], [])
