"""What we trust is asked once, and its answers are kept where they can be used again."""

from dataclasses import replace
from pathlib import Path

import pytest
from arithmetic import DESCRIPTION, LAW, SLOPE, SOLUTION, STEP, Arithmetic, mistake, task

from grader.asking.answer_cache import AnswerCache
from grader.asking.questions import Question
from grader.asking.reference import ReferenceAnswers
from grader.assignment.loader import TaskSource
from grader.errors import AssignmentError, SandboxError
from grader.judging.known_mistakes import Candidates
from grader.report import messages
from grader.wire import Answer

EVERYTHING = ["step", "slope", "law"]
DOUBLED = mistake("doubled", "a = 1", "a = 2")
ODD = mistake("odd", "b = 2", "b = 3")


@pytest.fixture
def box() -> Arithmetic:
    return Arithmetic()


@pytest.fixture
def trusted(box: Arithmetic, tmp_path: Path) -> ReferenceAnswers:
    return ReferenceAnswers(1, box, AnswerCache(tmp_path / "key"))


def test_the_solution_is_described_and_answers_everything(trusted: ReferenceAnswers) -> None:
    description, solution = trusted.solve(task())

    assert (description, [*solution.answers], solution.answers["step"][2].observed) == (
        DESCRIPTION,
        EVERYTHING,
        {"value": 5},
    )


def test_what_is_in_the_key_is_not_asked_again(trusted: ReferenceAnswers, box: Arithmetic) -> None:
    found = [trusted.solve(task()) for _ in range(3)]

    assert (box.asked, found[1:]) == ([EVERYTHING], found[:1] * 2)


def test_another_process_with_the_same_key_asks_nothing(trusted: ReferenceAnswers, tmp_path: Path) -> None:
    trusted.solve(task())
    other = Arithmetic()
    ReferenceAnswers(1, other, AnswerCache(tmp_path / "key")).solve(task())

    assert other.asked == []


def test_another_seed_is_another_question(trusted: ReferenceAnswers, tmp_path: Path) -> None:
    trusted.solve(task())
    other = Arithmetic()
    ReferenceAnswers(2, other, AnswerCache(tmp_path / "key")).solve(task())

    assert other.asked == [EVERYTHING]


@pytest.mark.parametrize("points", [2, 3.5])
def test_points_that_do_not_add_up_are_refused(trusted: ReferenceAnswers, points: float) -> None:
    with pytest.raises(
        AssignmentError, match=rf"checks[.]py: the checks are worth 3 points, .* says {points:g}"
    ):
        trusted.solve(task(points=points))


def test_points_that_add_up_but_for_rounding_are_right(trusted: ReferenceAnswers) -> None:
    assert trusted.solve(task(points=3 + 1e-12))[0] == DESCRIPTION


def test_a_slip_in_checks_is_told_and_not_kept(trusted: ReferenceAnswers, tmp_path: Path) -> None:
    with pytest.raises(AssignmentError, match=r"^sums/checks\.py: a slip$"):
        trusted.solve(replace(task(), checks="broken"))

    question = Question("broken", "sums", {"sums.py": SOLUTION.encode()}, 1)
    assert not AnswerCache(tmp_path / "key").holds(question)


def test_it_says_what_it_is_working_on(box: Arithmetic, tmp_path: Path) -> None:
    said: list[tuple[str, str]] = []
    ReferenceAnswers(1, box, AnswerCache(tmp_path), lambda *words: said.append(words)).solve(task())

    assert said == [("sums", "asking the solution")]


def test_what_did_not_end_well_is_not_kept(trusted: ReferenceAnswers, box: Arithmetic) -> None:
    stopping = f"{SOLUTION}stop = 'slope'\n"
    found = [trusted.ask(task(), stopping) for _ in range(2)]

    assert ([*found[0].stops], len(box.asked)) == (["slope"], 2)


def test_only_the_checks_that_are_named_are_asked(trusted: ReferenceAnswers, box: Arithmetic) -> None:
    asked = trusted.ask(task(), SOLUTION, DESCRIPTION, (("step", (1,)),))

    assert (box.asked, asked.answers) == ([["step"]], {"step": {1: Answer("step", 1, {"value": 4})}})


# Mistakes


def test_a_mistake_is_asked_the_checks_that_are_named(trusted: ReferenceAnswers, box: Arithmetic) -> None:
    found = trusted.ask_mistake(task(), DOUBLED, [STEP, SLOPE])

    assert (box.asked, [*found], found["step"][0].observed) == (
        [["step", "slope"]],
        ["step", "slope"],
        {"value": 4},
    )


def test_of_a_mistake_only_what_is_not_known_is_asked(trusted: ReferenceAnswers, box: Arithmetic) -> None:
    trusted.ask_mistake(task(), DOUBLED, [STEP])
    found = trusted.ask_mistake(task(), DOUBLED, [STEP, SLOPE])

    assert (box.asked, sorted(found)) == ([["step"], ["slope"]], ["slope", "step"])


def test_a_mistake_is_prepared_once_and_then_known(trusted: ReferenceAnswers, box: Arithmetic) -> None:
    for _ in range(2):
        trusted.prepare(task(), DOUBLED, [STEP, SLOPE])
    found = trusted.ask_mistake(task(), DOUBLED, [STEP, SLOPE])

    assert (box.asked, sorted(found)) == ([["step", "slope"]], ["slope", "step"])


def test_preparing_asks_only_what_is_not_known(trusted: ReferenceAnswers, box: Arithmetic) -> None:
    trusted.ask_mistake(task(), DOUBLED, [SLOPE])
    trusted.prepare(task(), DOUBLED, [STEP, SLOPE])

    assert box.asked == [["slope"], ["step"]]


def test_what_was_prepared_and_is_damaged_is_asked_again(
    trusted: ReferenceAnswers, box: Arithmetic, tmp_path: Path
) -> None:
    trusted.prepare(task(), DOUBLED, [STEP])
    for path in (tmp_path / "key").iterdir():
        path.write_bytes(b"damaged")
    trusted.prepare(task(), DOUBLED, [STEP])
    found = trusted.ask_mistake(task(), DOUBLED, [STEP])

    assert (box.asked, len(found["step"])) == ([["step"]] * 2, 3)


def test_a_mistake_that_ends_its_process_keeps_what_it_answered(trusted: ReferenceAnswers) -> None:
    ending = replace(DOUBLED, source=f"{DOUBLED.source}stop = 'slope'\n")
    found = trusted.ask_mistake(task(), ending, [STEP, SLOPE])

    assert (len(found["step"]), found["slope"]) == (3, {})


def test_a_mistake_that_ends_its_process_is_asked_the_other_checks_and_each_twice_only(
    trusted: ReferenceAnswers, box: Arithmetic
) -> None:
    ending = replace(DOUBLED, source=f"{DOUBLED.source}stop = 'step'\n")
    found = [trusted.ask_mistake(task(), ending, [STEP, SLOPE]) for _ in range(2)]

    assert box.asked == [["step", "slope"], ["slope"]] * 2
    assert (
        found[0]
        == found[1]
        == {"step": {}, "slope": {case: Answer("slope", case, {"value": 2}) for case in range(3)}}
    )


def suspected(trusted: ReferenceAnswers, whole: TaskSource) -> dict[str, frozenset[int]]:
    _, solution = trusted.solve(whole)
    return dict(Candidates(trusted).candidate(whole, whole.mistakes[0], [STEP, SLOPE], solution).telling)


@pytest.mark.parametrize(
    ("new", "telling"),
    [("a = 2", {"step": {0, 1, 2}, "slope": {0, 1, 2}}), ("a = 3 - 2", {"step": set(), "slope": set()})],
)
def test_a_suspect_is_told_by_the_cases_that_it_answers_otherwise(
    trusted: ReferenceAnswers, new: str, telling: dict[str, set[int]]
) -> None:
    assert suspected(trusted, task(mistake("m", "a = 1", new))) == telling


def test_what_tells_a_suspect_is_found_out_once(trusted: ReferenceAnswers, box: Arithmetic) -> None:
    whole = task(DOUBLED)
    found = [suspected(trusted, whole) for _ in range(2)]

    assert (found[0], len(box.asked)) == (found[1], 2)


def test_a_suspect_has_the_name_and_the_hint_of_the_mistake(trusted: ReferenceAnswers) -> None:
    whole = task(DOUBLED)
    _, solution = trusted.solve(whole)
    suspect = Candidates(trusted).candidate(whole, DOUBLED, [STEP], solution)

    assert (suspect.names, suspect.hint) == (("doubled",), "Not doubled.")


# Laws


def test_without_a_law_nothing_is_looked_at(trusted: ReferenceAnswers, box: Arithmetic) -> None:
    _, solution = trusted.solve(task())

    assert (
        trusted.property_results(task(), [STEP, SLOPE], solution, [solution.answers] * 2),
        box.asked[1:],
    ) == (
        [{}, {}],
        [],
    )


def test_a_law_is_asked_about_each_answer(trusted: ReferenceAnswers) -> None:
    _, solution = trusted.solve(task())
    given = [solution.answers, trusted.ask(task(), ODD.source).answers]
    found = trusted.property_results(task(), [STEP, LAW], solution, given)

    assert [[messages.text(finding.problem) for finding in one["law"].values()] for one in found] == [
        [""] * 3,
        ["3 is odd"] * 3,
    ]


def test_what_the_laws_say_about_a_mistake_is_asked_once(trusted: ReferenceAnswers, box: Arithmetic) -> None:
    whole = task(DOUBLED, ODD)
    _, solution = trusted.solve(whole)
    first, second = (trusted.properties_of_mistakes(whole, whole.mistakes, [LAW], solution) for _ in range(2))
    problems = [messages.text(one["law"][0].problem) for one in first]

    assert (first, problems, box.asked.count(["compare"])) == (second, ["", "3 is odd"], 1)


def test_a_mistake_whose_sandbox_was_lost_is_asked_again(trusted: ReferenceAnswers, box: Arithmetic) -> None:
    box.lost = 1

    assert len(trusted.ask_mistake(task(), DOUBLED, [STEP])["step"]) == STEP.cases


def test_a_mistake_that_is_not_answered_for_is_our_fault(trusted: ReferenceAnswers, box: Arithmetic) -> None:
    box.lost = 2

    with pytest.raises(SandboxError, match="the sandbox was lost when doubled was asked"):
        trusted.ask_mistake(task(), DOUBLED, [STEP])


def test_what_a_mistake_did_not_answer_is_not_remembered(trusted: ReferenceAnswers) -> None:
    stopping = mistake("stopping", "b = 2", "b = 2; stop = 'step'")
    solution, candidates = trusted.ask(task(), SOLUTION), Candidates(trusted)
    candidates.candidate(task(), stopping, [STEP], solution)

    assert candidates._distinguishing == {}
