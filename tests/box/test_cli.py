"""The command, run as people run it."""

import json
import os
import pty
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import IO

import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from grader.assignment.loader import bundled
from grader.cli import main
from grader.cli.command import Terminated, guarded
from grader.cli.console import escaped
from grader.errors import UsageError
from grader.results.report import Report

SOLUTION = (bundled() / "param_counter" / "solution.py").read_text()
WRONG = SOLUTION.replace("biases = hidden_size + output_size", "biases = 0")


@dataclass
class Place:
    """Where commands are run: a folder with submissions, and a cache of its own."""

    folder: Path

    def grade(
        self, *arguments: str, stdout: int | IO[bytes] = subprocess.PIPE, **environment: str
    ) -> "subprocess.CompletedProcess[str]":
        known = {name: value for name, value in os.environ.items() if name not in ("NO_COLOR", "FORCE_COLOR")}
        return subprocess.run(
            [sys.executable, "-m", "grader", *arguments],
            cwd=self.folder,
            env=known | {"XDG_CACHE_HOME": str(self.folder / "cache")} | environment,
            stdout=stdout,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
        )


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Place:
    folder = tmp_path_factory.mktemp("place")
    for name, source in (("right", SOLUTION), ("wrong", WRONG)):
        (folder / name).mkdir()
        (folder / name / "param_counter.py").write_text(source)
    (folder / "empty").mkdir()
    return Place(folder)


@pytest.fixture(scope="module")
def right(place: Place) -> "subprocess.CompletedProcess[str]":
    return place.grade("right", "--task", "param_counter", "--out", "right report")


@pytest.fixture(scope="module")
def wrong(place: Place) -> "subprocess.CompletedProcess[str]":
    return place.grade("--task", "param_counter", "--json", "--seed", "7", "wrong", "--out", "wrong report")


def test_where_everything_passed_the_exit_code_is_0(right: "subprocess.CompletedProcess[str]") -> None:
    assert (right.returncode, right.stderr) == (0, "")


# It has so many mutants that asking them takes many seconds on any machine.
SLOW = (
    "import time\n\n\ndef double(x):\n    time.sleep(0.3)\n"
    + 10 * "    x = x + 1 - 1\n"
    + "    return 2 * x\n"
)
DOUBLES = """
from grader import Task

task = Task()


@task.check(points=3, cases=1)
def values(impl, case):
    \"\"\"Values are doubled.\"\"\"
    return {"twice": impl.double(case.normal(3))}
"""


def test_a_check_that_is_interrupted_says_what_is_known(place: Place) -> None:
    folder = place.folder / "assignment"
    (folder / "double" / "mistakes").mkdir(parents=True)
    (folder / "assignment.toml").write_text(
        'title = "Doubles"\nseed = 1\n'
        + "".join(f'[[tasks]]\nname = "{n}"\ntitle = "T"\npoints = 3\n' for n in ("double", "later"))
    )
    (folder / "double" / "checks.py").write_text(DOUBLES)
    (folder / "double" / "solution.py").write_text(SLOW)
    (folder / "double" / "mistakes" / "three.patch").write_text("Not 3.\n\n- return 2 * x\n+ return 3 * x\n")
    terminal, shown = pty.openpty()
    command = [sys.executable, "-m", "grader", "check", "assignment", "--task", "double", "--out", "checked"]
    with subprocess.Popen(
        command, cwd=place.folder, stdout=subprocess.PIPE, stderr=shown, start_new_session=True, text=True
    ) as running:
        seen = b""
        while b"mutants 0/" not in seen:
            seen += os.read(terminal, 1 << 12)
        os.killpg(running.pid, signal.SIGINT)
        said = running.communicate()[0]
    os.close(terminal), os.close(shown)

    assert running.returncode == 130
    assert "… double" in said and said.splitlines()[-1].endswith("check.html")
    assert [line.split()[1] for line in said.splitlines() if line.startswith("double  ")] == ["1"]


def test_the_last_line_is_the_path_of_the_page(
    right: "subprocess.CompletedProcess[str]", place: Place
) -> None:
    last = right.stdout.splitlines()[-1]

    assert (last, Path(last).is_file()) == (
        str((place.folder / "right report" / "report.html").resolve()),
        True,
    )


def test_the_line_before_it_is_the_sum(right: "subprocess.CompletedProcess[str]") -> None:
    assert right.stdout.splitlines()[-2] == "10 of 10 points"


def test_in_a_pipe_with_a_code_page_of_windows_a_character_that_it_lacks_is_replaced() -> None:
    ran = subprocess.run(
        [sys.executable, "-m", "grader", "doctor"],
        env={**os.environ, "PYTHONIOENCODING": "cp1252"},
        capture_output=True,
    )

    assert (ran.returncode, ran.stdout[:13], ran.stderr) == (0, b"? namespaces:", b"")


def test_in_a_pipe_there_are_no_colours(right: "subprocess.CompletedProcess[str]") -> None:
    assert "\x1b" not in right.stdout


def test_where_a_mark_was_lost_the_exit_code_is_1(wrong: "subprocess.CompletedProcess[str]") -> None:
    assert (wrong.returncode, wrong.stderr) == (1, "")


def test_json_is_the_report_and_nothing_else(wrong: "subprocess.CompletedProcess[str]", place: Place) -> None:
    report = Report.model_validate_json(wrong.stdout)

    assert report == Report.model_validate_json((place.folder / "wrong report" / "report.json").read_text())


def test_one_task_alone_can_be_graded(wrong: "subprocess.CompletedProcess[str]") -> None:
    assert [task["task"] for task in json.loads(wrong.stdout)["tasks"]] == ["param_counter"]


def test_the_seed_that_was_given_is_in_the_report(wrong: "subprocess.CompletedProcess[str]") -> None:
    assert json.loads(wrong.stdout)["provenance"]["seed"] == 7


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["right", "--task", "nothing"], "grade: there is no task 'nothing'; there are param_counter, "),
        (["nothing"], "grade: nothing does not exist."),
        (["right", "nothing", "wrong", "none"], "grade: nothing, none do not exist."),
        (["chek", "right"], "grade: chek does not exist. Did you mean `grade check`?"),
        (["docter"], "grade: docter does not exist. Did you mean `grade doctor`?"),
        (["empty"], "grade: empty holds none of the files that the tasks ask for: param_counter.py, "),
        (
            ["right/param_counter.py"],
            "grade: right/param_counter.py is a file; give the folder that holds it.",
        ),
        (["right", "--assignment", "empty"], "grade: empty/assignment.toml is missing"),
    ],
)
def test_bad_usage_is_a_sentence_and_exit_code_2(place: Place, arguments: list[str], said: str) -> None:
    ended = place.grade(*arguments)

    assert (ended.returncode, ended.stdout, ended.stderr.startswith(said), ended.stderr.count("\n")) == (
        2,
        "",
        True,
        1,
    )


def test_nothing_is_written_where_a_folder_of_a_class_is_missing(place: Place) -> None:
    place.grade("right", "nothing", "--out", "half a class")

    assert (place.folder / "half a class").exists() is False


def test_a_reader_that_goes_away_is_no_fault(place: Place) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    with open(writing, "wb") as gone:
        ended = place.grade("right", "--task", "param_counter", "--out", "piped", stdout=gone)

    assert (ended.returncode, ended.stderr) == (0, "")


@pytest.mark.parametrize("seed", ["-1", "x", "1.5", str(2**63), "٣", ""])
def test_a_seed_that_is_none_is_refused(seed: str) -> None:
    ended = CliRunner().invoke(main, ["run", "nothing", "--seed", seed])

    assert (ended.exit_code, "give a whole number from 0 to 2^63 - 1, or `random`" in ended.output) == (
        2,
        True,
    )


def test_without_arguments_the_help_is_shown() -> None:
    ended = CliRunner().invoke(main, [])

    assert "Grade PyTorch homework." in ended.output


@pytest.mark.parametrize("command", [[], ["run"], ["check"], ["new"], ["doctor"]])
def test_the_help_fits_80_columns(command: list[str]) -> None:
    ended = CliRunner().invoke(main, [*command, "--help"])

    assert (ended.exit_code, [line for line in ended.output.splitlines() if len(line) > 80]) == (0, [])


def test_the_version_is_told() -> None:
    ended = CliRunner().invoke(main, ["--version"])

    assert version("torch-homework-grader") in ended.output


def test_doctor_names_every_layer_and_the_level(place: Place) -> None:
    ended = place.grade("doctor")
    names = [line.split(": ")[0].lstrip("✓✗ ") for line in ended.stdout.splitlines()]

    assert (names[-1], ended.returncode) == ("level", 0 if "refused" not in ended.stdout else 2)


@pytest.mark.slow  # each task imports torch
def test_without_a_sandbox_it_says_so_on_screen_and_in_the_report(place: Place) -> None:
    ended = place.grade("right", "--task", "param_counter", "--no-sandbox", "--out", "bare")
    report = json.loads((place.folder / "bare" / "report.json").read_text())

    assert (ended.returncode, ended.stderr, report["provenance"]["sandbox"]) == (
        0,
        "grade: --no-sandbox: the submission runs with your own rights, on your own files.\n",
        "none",
    )


def test_a_report_folder_that_cannot_be_written_is_said(place: Place) -> None:
    ended = place.grade("right", "--task", "param_counter", "--out", "right/param_counter.py")

    assert (
        ended.returncode,
        ended.stderr.startswith("grade: right/param_counter.py cannot be written to"),
    ) == (
        2,
        True,
    )


def test_a_new_assignment_is_written_and_not_over_another(place: Place) -> None:
    codes = [place.grade("new", "mine").returncode for _ in range(2)]

    assert (codes, (place.folder / "mine" / "assignment.toml").is_file()) == ([0, 2], True)


@pytest.mark.parametrize(("no_color", "coloured"), [("", True), ("1", False)])
def test_colours_follow_no_color(no_color: str, coloured: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", no_color)
    ended = CliRunner().invoke(main, ["doctor"], color=True)

    assert ("\x1b[" in ended.output) == coloured


def test_a_seed_of_thousands_of_digits_is_refused() -> None:
    ended = CliRunner().invoke(main, ["run", "nothing", "--seed", "9" * 5000])

    assert ended.exit_code == 2


# What never should happen


@pytest.fixture
def terminated() -> Iterator[None]:
    """Let a command listen for SIGTERM, and nobody after it."""
    before = signal.getsignal(signal.SIGTERM)
    yield
    signal.signal(signal.SIGTERM, before)


def ended(act: Callable[[], object], capsys: pytest.CaptureFixture[str]) -> tuple[object, str, str]:
    """Return the exit code of a command that does this, and what it printed."""
    with pytest.raises(SystemExit) as stop:
        guarded(act)()
    printed = capsys.readouterr()
    return stop.value.code, printed.out, printed.err


def raising(error: BaseException) -> Callable[[], object]:
    def act() -> object:
        raise error

    return act


@pytest.mark.usefixtures("terminated")
def test_a_fault_of_ours_is_called_ours_and_is_no_lost_mark(capsys: pytest.CaptureFixture[str]) -> None:
    act = raising(ZeroDivisionError("by zero"))
    line = act.__code__.co_firstlineno + 1

    assert ended(act, capsys) == (
        2,
        "",
        f"grade: a bug of ours, please report it: ZeroDivisionError in {__file__}, line {line}: by zero\n",
    )


@pytest.mark.usefixtures("terminated")
def test_a_fault_of_ours_moves_no_cursor(capsys: pytest.CaptureFixture[str]) -> None:
    _, _, said = ended(raising(ValueError("\x1b[2J\u202e\x07")), capsys)

    assert said.endswith(": ⟨U+001B⟩[2J⟨U+202E⟩⟨U+0007⟩\n")


@pytest.mark.usefixtures("terminated")
def test_an_error_of_ours_is_one_line_that_moves_no_cursor(capsys: pytest.CaptureFixture[str]) -> None:
    found = ended(raising(UsageError("no\n::error::\n\x1b[2J")), capsys)

    assert found == (2, "", "grade: no ::error:: ⟨U+001B⟩[2J\n")


@pytest.mark.parametrize(
    ("error", "code", "said"),
    [
        (KeyboardInterrupt(), 130, "grade: stopped; nothing was written.\n"),
        (Terminated(), 143, "grade: terminated; nothing was written.\n"),
    ],
)
@pytest.mark.usefixtures("terminated")
def test_who_is_stopped_says_so(
    capsys: pytest.CaptureFixture[str], error: BaseException, code: int, said: str
) -> None:
    assert ended(raising(error), capsys) == (code, "", said)


@pytest.mark.usefixtures("terminated")
def test_a_signal_to_end_ends_in_order(capsys: pytest.CaptureFixture[str]) -> None:
    def act() -> object:
        signal.raise_signal(signal.SIGTERM)
        return 0

    assert ended(act, capsys)[0] == 143


@pytest.mark.usefixtures("terminated")
@pytest.mark.parametrize("code", [0, 1, 2])
def test_a_command_that_ends_well_has_the_exit_code_it_returns(
    capsys: pytest.CaptureFixture[str], code: int
) -> None:
    assert ended(lambda: code, capsys) == (code, "", "")


# JSON on a terminal

texts = st.text(st.characters(exclude_categories=["Cs"]))


@given(st.dictionaries(texts, texts | st.lists(texts) | st.floats(allow_nan=False)), st.booleans())
def test_printed_json_is_the_same_json(data: dict[str, object], ascii_only: bool) -> None:
    written = json.dumps(data, indent=1, ensure_ascii=ascii_only)

    assert json.loads(escaped(written)) == data


@given(texts)
def test_printed_json_moves_no_cursor(text: str) -> None:
    shown = escaped(json.dumps({"name": text}, indent=1, ensure_ascii=False))

    assert [character for character in shown if not character.isprintable() and character != "\n"] == []


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("\x1b[2J", "\\u001b[2J"),
        ("\x7f", "\\u007f"),
        ("é\x7f", "é\\u007f"),
        ("\u202e", "\\u202e"),
        ("\x9b", "\\u009b"),
        ("\u2028", "\\u2028"),
        ("\U000e0041", "\\udb40\\udc41"),
        ("日本", "日本"),
        ("😀", "😀"),
    ],
)
def test_in_printed_json_what_cannot_be_printed_has_its_code(text: str, shown: str) -> None:
    assert escaped(json.dumps(text, ensure_ascii=False)) == f'"{shown}"'


def test_the_options_of_a_class_are_those_of_its_command() -> None:
    one, whole = (CliRunner().invoke(main, arguments) for arguments in (["run", "-h"], ["class", "-h"]))
    options = ("--again", "--cores", "--roster", "--anonymous", "--policy")

    assert [name for name in options if name in one.output] == []
    assert [name for name in options if name not in whole.output] == []


def test_no_line_of_the_help_is_wider_than_80_columns() -> None:
    commands = ([], *([name] for name in main.commands))
    shown = [CliRunner().invoke(main, [*command, "--help"]).output for command in commands]

    assert [line for text in shown for line in text.splitlines() if len(line) > 80] == []
