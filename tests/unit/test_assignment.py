"""An assignment is any folder of its shape; what is wrong in it is said with file and key."""

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from grader.assignment.loader import Assignment, bundled, read_assignment
from grader.errors import AssignmentError
from grader.sandbox.contract import Limits

NO_BOOLEAN = "a valid boolean, unable to interpret input"
TOML = """\
title = "Sums"
seed = 5

[[tasks]]
name = "total"
title = "A total"
points = 3
"""
CHECKS = """\
from grader import Task

task = Task()


@task.check(points=3)
def value(impl, case):
    \"\"\"The total is right.\"\"\"
    count = impl.total
    return {"value": impl.total([1, 2]), "mean": impl.mean([1]), "size": case.size("a")}
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "sums"
    (made / "total" / "mistakes").mkdir(parents=True)
    (made / "assignment.toml").write_text(TOML)
    (made / "total" / "checks.py").write_text(CHECKS)
    (made / "total" / "solution.py").write_text("total = sum\n")
    (made / "total" / "mistakes" / "largest.patch").write_text(
        "Not the largest.\n\n- total = sum\n+ total = max\n"
    )
    return made


def test_a_task_that_is_not_asked_for_may_be_missing_still(folder: Path) -> None:
    path = folder / "assignment.toml"
    path.write_text(f'{TOML}[[tasks]]\nname = "later"\ntitle = "Later"\npoints = 1\n')

    assert [task.name for task in read_assignment(folder, ("total",)).tasks] == ["total"]
    for only in ((), ("later",), ("total", "later"), ("no such task",)):
        with pytest.raises(AssignmentError, match=r"solution\.py is missing"):
            read_assignment(folder, only)


def refused(folder: Path, file: str) -> str:
    """Return what is said about an assignment, after the path of `file`."""
    with pytest.raises(AssignmentError) as error:
        read_assignment(folder)
    path, said = str(folder / file), str(error.value)
    assert said.startswith(path)
    return said.removeprefix(path)


def edited(folder: Path, old: str, new: str) -> Path:
    path = folder / "assignment.toml"
    path.write_text(TOML.replace(old, new))
    return folder


def test_an_assignment_is_read_from_its_folder(folder: Path) -> None:
    found = read_assignment(folder)
    (task,) = found.tasks

    assert (found.title, found.seed, found.limits, task.name, task.title, task.points, task.solution) == (
        "Sums", 5, Limits(), "total", "A total", 3, "total = sum\n",
    )  # fmt: skip


def test_its_mistakes_are_read_with_it(folder: Path) -> None:
    (task,) = read_assignment(folder).tasks

    assert [(mistake.name, mistake.source) for mistake in task.mistakes] == [("largest", "total = max\n")]


def test_what_else_lies_among_the_mistakes_is_left_alone(folder: Path) -> None:
    (folder / "total" / "mistakes" / "README.md").write_text("Notes.")

    assert len(read_assignment(folder).tasks[0].mistakes) == 1


def test_the_names_that_checks_look_for_are_known(folder: Path) -> None:
    (task,) = read_assignment(folder).tasks

    assert task.wanted == ("total", "mean")
    checks = folder / "total" / "checks.py"
    checks.write_text(checks.read_text().replace("impl", "module"))
    (renamed,) = read_assignment(folder).tasks

    assert renamed.wanted == ("total", "mean")


def test_limits_can_be_set(folder: Path) -> None:
    edited(folder, "seed = 5\n", "seed = 5\n[limits]\nwall_seconds = 2.5\n")

    assert read_assignment(folder).limits == Limits(wall_seconds=2.5)


def test_the_memory_of_a_class_changes_no_mark(folder: Path) -> None:
    before = read_assignment(folder).digest
    edited(folder, "seed = 5\n", "seed = 5\n[limits]\nclass_memory = 4294967296\n")
    found = read_assignment(folder)

    assert (found.limits.class_memory, found.digest) == (4 << 30, before)


def test_a_limit_of_time_changes_the_digest(folder: Path) -> None:
    before = read_assignment(folder).digest
    edited(folder, "seed = 5\n", "seed = 5\n[limits]\ntask_seconds = 31\n")

    assert read_assignment(folder).digest != before


def test_a_slip_costs_a_fifth_of_its_task_unless_the_assignment_or_the_task_says_otherwise(
    folder: Path,
) -> None:
    costs = [read_assignment(folder).tasks[0].price_of_mistake("largest")]
    edited(folder, "seed = 5\n", "seed = 5\nslip = 0.5\n")
    costs.append(read_assignment(folder).tasks[0].price_of_mistake("largest"))
    (folder / "assignment.toml").write_text(
        TOML.replace("seed = 5\n", "seed = 5\nslip = 0.5\n") + "slip = 1\n"
    )
    costs.append(read_assignment(folder).tasks[0].price_of_mistake("largest"))

    assert costs == [0.6, 1.5, 3]


def test_a_repair_costs_what_its_kind_costs_in_the_task_or_in_the_assignment(folder: Path) -> None:
    whole = TOML.replace("seed = 5\n", "seed = 5\n[prices]\ndetach = 0.5\ntranspose = 0.1\n")
    (folder / "assignment.toml").write_text(whole + "prices = { detach = 1 }\n")
    (task,) = read_assignment(folder).tasks

    assert [task.price_of_repair(kind) for kind in ("detach", "transpose")] == [3, 0.3]


def test_a_price_of_no_kind_of_repair_is_refused(folder: Path) -> None:
    edited(folder, "seed = 5\n", "seed = 5\n[prices]\ndetached = 0.5\n")

    assert "'detached' is no kind of repair; the kinds are detach" in refused(folder, "assignment.toml")


def test_a_price_in_the_file_of_a_mistake_comes_first(folder: Path) -> None:
    path = folder / "total" / "mistakes" / "largest.patch"
    path.write_text("costs: 2\n" + path.read_text())
    edited(folder, "seed = 5\n", "seed = 5\nslip = 0.5\n")

    assert read_assignment(folder).tasks[0].price_of_mistake("largest") == 2


@pytest.mark.parametrize("slip", ["-0.1", "1.5", "nan", '"much"'])
def test_a_slip_that_is_no_share_is_refused(folder: Path, slip: str) -> None:
    edited(folder, "seed = 5\n", f"seed = 5\nslip = {slip}\n")

    assert refused(folder, "assignment.toml").startswith(": slip: ")


def test_a_price_changes_the_digest_but_no_fact(folder: Path) -> None:
    before = read_assignment(folder)
    edited(folder, "seed = 5\n", "seed = 5\nslip = 0.5\n")
    after = read_assignment(folder)

    assert (before.digest == after.digest, before.facts_digest == after.facts_digest) == (False, True)


ZERO = ": limits: {} should be a number greater than 0"


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('title = "Sums"\n', "", ": title: Field required"),
        ('title = "Sums"', 'title = ""', ": title: String should have at least 1 character"),
        ('title = "Sums"', "title = 5", ": title: Input should be a valid string"),
        ("seed = 5", "seed = -1", ": seed: Input should be greater than or equal to 0"),
        ("seed = 5", "seed = 5\nsead = 1", ": sead: Extra inputs are not permitted. Is seed meant?"),
        ("points = 3", "points = 0", ": tasks.0.points: Input should be greater than 0"),
        ("points = 3\n", "", ": tasks.0.points: Field required"),
        ("points = 3", "points = 3\nbonus = 2", ": tasks.0.bonus: Input should be " + NO_BOOLEAN),
        ("points = 3", "points = nan", ": tasks.0.points: Input should be a finite number"),
        ('"total"', '"../total"', ": tasks.0.name: String should match pattern '^[a-z_][a-z0-9_]*$'"),
        ('"total"', '"Total"', ": tasks.0.name: String should match pattern '^[a-z_][a-z0-9_]*$'"),
        ("points = 3", "points = 3\n[limits]\nwall = 1", ": limits.wall: Unexpected keyword argument"),
        ("[[tasks]]", "[[task]]", ": tasks: Field required"),
        ("points = 3", "points = 3\n[limits]\ntask_seconds = 0", ZERO.format("task_seconds")),
        ("points = 3", "points = 3\n[limits]\nmemory = -1", ZERO.format("memory")),
        ("points = 3", "points = 3\n[limits]\nsubmission_seconds = nan", ZERO.format("submission_seconds")),
        ("points = 3", "points = 3\n[limits]\nwall_seconds = inf", ZERO.format("wall_seconds")),
        ("points = 3", "points = 3\n[limits]\nclass_memory = 0", ZERO.format("class_memory")),
    ],
)  # fmt: skip
def test_a_wrong_key_is_said_with_its_place(folder: Path, old: str, new: str, said: str) -> None:
    assert refused(edited(folder, old, new), "assignment.toml") == said


def test_a_file_that_is_no_toml_is_said_with_its_line(folder: Path) -> None:
    assert "line 1" in refused(edited(folder, 'title = "Sums"', "title = "), "assignment.toml")


def test_an_assignment_without_tasks_is_refused(folder: Path) -> None:
    (folder / "assignment.toml").write_text('title = "Sums"\nseed = 5\ntasks = []\n')

    assert refused(folder, "assignment.toml").startswith(": tasks: ")


def test_a_task_that_comes_twice_is_refused(folder: Path) -> None:
    (folder / "assignment.toml").write_text(TOML + TOML[TOML.index("\n[[") :])

    assert refused(folder, "assignment.toml") == ": two tasks are called 'total'"


@pytest.mark.parametrize("file", ["assignment.toml", "total/checks.py", "total/solution.py"])
def test_a_file_that_is_missing_is_said(folder: Path, file: str) -> None:
    (folder / file).unlink()

    assert refused(folder, file) == " is missing"


@pytest.mark.parametrize("file", ["assignment.toml", "total/checks.py", "total/solution.py"])
def test_a_file_that_is_no_text_is_said(folder: Path, file: str) -> None:
    (folder / file).write_bytes(b"\xff\xfe")

    assert refused(folder, file).startswith(" cannot be read: 'utf-8' codec")


def test_a_folder_in_place_of_a_file_is_said(folder: Path) -> None:
    (folder / "total" / "solution.py").unlink()
    (folder / "total" / "solution.py").mkdir()

    assert refused(folder, "total/solution.py").startswith(" cannot be read")


def test_a_slip_in_checks_is_said_with_its_line(folder: Path) -> None:
    (folder / "total" / "checks.py").write_text("x = 1\ny = (\n")

    assert refused(folder, "total/checks.py") == ", line 2: '(' was never closed"


def test_a_mistake_that_does_not_fit_the_solution_is_said(folder: Path) -> None:
    (folder / "total" / "solution.py").write_text("total = lambda values: sum(values)\n")

    assert refused(folder, "total/mistakes/largest.patch").startswith(": `total = sum` does not occur")


def test_a_folder_that_is_not_there_is_said(tmp_path: Path) -> None:
    assert refused(tmp_path / "nothing", "assignment.toml") == " is missing"


def test_tasks_come_in_the_order_of_the_assignment(assignment: Assignment) -> None:
    first, second, *_ = (task.name for task in assignment.tasks)

    assert [task.name for task in assignment.only((second, first))] == [first, second]


def test_without_a_name_all_tasks_come(assignment: Assignment) -> None:
    assert assignment.only(()) == assignment.tasks


def test_a_task_that_is_not_there_is_refused_with_those_that_are(folder: Path) -> None:
    with pytest.raises(AssignmentError, match="there is no task 'sum'; there are total"):
        read_assignment(folder).only(("sum",))


@pytest.mark.parametrize(
    "file", ["total/checks.py", "total/solution.py", "total/mistakes/largest.patch", "assignment.toml"]
)
def test_the_digest_depends_on_what_marks_depend_on(folder: Path, file: str) -> None:
    before = read_assignment(folder).digest
    path = folder / file
    path.write_text(path.read_text().replace("max", "min").replace("points = 3", "points = 4") + "\n# x\n"
                    if not file.endswith("patch") else path.read_text().replace("max", "min"))  # fmt: skip

    assert read_assignment(folder).digest != before


def test_the_digest_does_not_depend_on_where_the_folder_lies(folder: Path) -> None:
    found = read_assignment(folder)

    assert replace(found, folder=Path("elsewhere")).digest == found.digest


# The bundled assignment


def test_the_bundled_assignment_can_be_read() -> None:
    assert read_assignment(bundled()).tasks[0].name == "param_counter"


def test_every_bundled_mistake_differs_from_the_solution(assignment: Assignment) -> None:
    same = [
        f"{task.name}: {mistake.name}"
        for task in assignment.tasks
        for mistake in task.mistakes
        if mistake.source.split() == task.solution.split()
    ]

    assert same == []


def test_every_bundled_mistake_is_python(assignment: Assignment) -> None:
    for task in assignment.tasks:
        for mistake in task.mistakes:
            compile(mistake.source, f"{task.name}/{mistake.name}", "exec")


def test_no_two_bundled_mistakes_of_a_task_are_the_same(assignment: Assignment) -> None:
    doubled = [
        task.name
        for task in assignment.tasks
        if len({mistake.source for mistake in task.mistakes}) < len(task.mistakes)
    ]

    assert doubled == []


def test_every_bundled_hint_ends_like_a_sentence(assignment: Assignment) -> None:
    unfinished = [
        m.hint
        for task in assignment.tasks
        for m in task.mistakes
        if not m.hint.endswith((".", "?", "!", "`"))
    ]

    assert unfinished == []


def test_checks_with_a_null_byte_are_said(tmp_path: Path) -> None:
    from grader.assignment.loader import read_assignment

    (tmp_path / "t").mkdir()
    (tmp_path / "assignment.toml").write_text('title="T"\nseed=1\n[[tasks]]\nname="t"\ntitle="t"\npoints=1\n')
    (tmp_path / "t" / "checks.py").write_text("x = 1\0\n")
    (tmp_path / "t" / "solution.py").write_text("")
    with pytest.raises(AssignmentError, match=r"checks[.]py"):
        read_assignment(tmp_path)


# Whatever the files hold


@pytest.fixture(scope="module")
def anything(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An assignment whose files are overwritten again and again."""
    made = tmp_path_factory.mktemp("anything")
    (made / "total" / "mistakes").mkdir(parents=True)
    for name, text in (("assignment.toml", TOML), ("total/checks.py", CHECKS), ("total/solution.py", "")):
        (made / name).write_text(text)
    return made


def outcome(folder: Path) -> str:
    """Return what became of reading: an assignment, or a refusal in one of our own words."""
    try:
        read_assignment(folder)
    except AssignmentError as error:
        return "refused" if str(folder) in str(error) else f"refused without the file: {error}"
    return "read"


scalars = st.sampled_from(
    [
        "5",
        "-1",
        "0",
        "nan",
        "inf",
        "1e400",
        "true",
        "''",
        "'x'",
        "'\u202e'",
        "2026-10-01",
        "[]",
        "{}",
        "[1, [2]]",
        "{a = 1}",
    ]
)
keys = st.sampled_from(["title", "seed", "limits", "tasks", "name", "points", "wall_seconds", "x", '"a b"'])
lines = st.one_of(
    st.builds("{} = {}".format, keys, scalars),
    st.sampled_from(["[limits]", "[[tasks]]", "[tasks]", "[x.y]", "[[limits]]", "", "# note", "=", "]"]),
    st.sampled_from(TOML.splitlines()),
)


@settings(deadline=None)
@given(st.lists(lines, max_size=12))
def test_any_toml_is_an_assignment_or_refused(anything: Path, found: list[str]) -> None:
    (anything / "assignment.toml").write_text("\n".join(found))

    assert outcome(anything) in ("read", "refused")


@settings(deadline=None)
@given(st.binary(max_size=200) | st.text(max_size=200).map(lambda text: text.encode("utf-8", "replace")))
def test_any_bytes_are_an_assignment_or_refused(anything: Path, data: bytes) -> None:
    (anything / "assignment.toml").write_bytes(data)

    assert outcome(anything) in ("read", "refused")


@settings(deadline=None)
@given(st.integers(0, len(TOML)), st.integers(0, 20), st.text(max_size=5))
def test_a_damaged_file_is_an_assignment_or_refused(anything: Path, at: int, cut: int, new: str) -> None:
    text = TOML[:at] + new + TOML[at + cut :]
    (anything / "assignment.toml").write_bytes(text.encode("utf-8", "replace"))

    assert outcome(anything) in ("read", "refused")


@settings(deadline=None)
@given(
    st.sampled_from(["checks.py", "solution.py", "equivalent.toml", "mistakes/m.patch"]), st.text(max_size=60)
)
def test_any_text_beside_it_is_read_or_refused(anything: Path, name: str, text: str) -> None:
    path = anything / "total" / name
    before = path.read_bytes() if path.exists() else b""
    (anything / "assignment.toml").write_text(TOML)
    path.write_bytes(text.encode("utf-8", "replace"))
    found = outcome(anything)
    path.write_bytes(before) if before else path.unlink()

    assert found in ("read", "refused")
