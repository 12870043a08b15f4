"""A stranger's folder is read with care: plain files only, no links, never too much."""

import json
import os
from pathlib import Path
from typing import Any

import pytest

from grader.errors import SubmissionError
from grader.report.messages import text as words
from grader.submission.loader import Submission, nearest, read_submission

MODULES = ("lstm_cell", "param_counter")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "anna"
    made.mkdir()
    (made / "lstm_cell.py").write_text("x = 1\n")
    return made


def read(folder: Path) -> Submission:
    return read_submission(folder, MODULES)


def said(submission: Submission) -> dict[str, str]:
    return {path: words(note) for path, note in submission.notes.items()}


def notebook(*cells: Any) -> str:
    return json.dumps({"cells": [{"cell_type": "code", "source": cell} for cell in cells]})


def from_notebook(folder: Path, text: str) -> tuple[str | None, dict[str, str]]:
    """Return the module that a notebook in place of param_counter.py became, and the notes."""
    (folder / "param_counter.ipynb").write_text(text)
    submission = read(folder)
    data = submission.files.get("param_counter.py")
    return None if data is None else data.decode(), said(submission)


def test_the_files_come_by_their_path_below_the_folder(folder: Path) -> None:
    (folder / "deep" / "er").mkdir(parents=True)
    (folder / "deep" / "er" / "helper.py").write_text("y = 2\n")
    (folder / "notes.txt").write_text("no module")

    submission = read(folder)

    assert (submission.name, submission.files, said(submission)) == (
        "anna",
        {"lstm_cell.py": b"x = 1\n", "deep/er/helper.py": b"y = 2\n", "notes.txt": b"no module"},
        {},
    )


@pytest.mark.parametrize(
    "hidden",
    [".git/hook.py", ".secret.py", "__pycache__/old.py", "__MACOSX/lstm_cell.py", ".ipynb_checkpoints/a.py"],
)
def test_what_programs_left_behind_is_left_out(folder: Path, hidden: str) -> None:
    (folder / hidden).parent.mkdir(exist_ok=True)
    (folder / hidden).write_text("")

    assert list(read(folder).files) == ["lstm_cell.py"]


def test_a_folder_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SubmissionError, match="nothing does not exist"):
        read(tmp_path / "nothing")


def test_a_file_in_place_of_the_folder_is_refused(folder: Path) -> None:
    with pytest.raises(SubmissionError, match="is a file; give the folder that holds it"):
        read(folder / "lstm_cell.py")


def refusal(folder: Path) -> str:
    """Return why nothing of `folder` could be looked at, without its path."""
    with pytest.raises(SubmissionError) as raised:
        read(folder)
    return str(raised.value).removeprefix(f"{folder} ")


LOOKED_FOR = "holds none of the files that the tasks ask for: lstm_cell.py, param_counter.py."


def test_a_folder_without_any_module_says_what_is_looked_for_and_what_is_there(tmp_path: Path) -> None:
    empty = refusal(tmp_path)
    for name in ("report.pdf", "a\x1b[2J.txt", "cell.py.txt", "more.txt", ".hidden", "__MACOSX"):
        (tmp_path / name).touch()

    assert (empty, refusal(tmp_path)) == (
        f"{LOOKED_FOR} It is empty.",
        rf"{LOOKED_FOR} It holds a\x1b[2J.txt, cell.py.txt, more.txt and 1 more.",
    )


def test_an_archive_is_to_be_unpacked_first(tmp_path: Path) -> None:
    (tmp_path / "hw3.ZIP").touch()

    assert (refusal(tmp_path), refusal(tmp_path / "hw3.ZIP")) == (
        f"{LOOKED_FOR} It holds hw3.ZIP. Unpack hw3.ZIP first.",
        "is an archive; unpack it and give the folder that holds it.",
    )


@pytest.mark.parametrize(
    "name", ["LSTM_Cell.py", "lstmcell.py", "lstm-cell.py", "lstm_cel.py", "src/lstmcell.py"]
)
def test_a_name_that_is_nearly_right_is_pointed_out(tmp_path: Path, name: str) -> None:
    (tmp_path / name).parent.mkdir(exist_ok=True)
    (tmp_path / name).write_text("")
    with pytest.raises(SubmissionError, match=f"Is {name} meant to be lstm_cell.py?"):
        read(tmp_path)


def test_a_link_is_not_followed(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "secret.py").write_text("secret")
    (folder / "param_counter.py").symlink_to(tmp_path / "secret.py")
    submission = read(folder)

    assert (list(submission.files), list(submission.notes)) == (["lstm_cell.py"], ["param_counter.py"])


def test_a_link_to_a_folder_is_not_followed(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "secret.py").write_text("secret")
    (folder / "param_counter").symlink_to(tmp_path / "other")
    (folder / "round").symlink_to(folder)

    assert list(read(folder).files) == ["lstm_cell.py"]


def test_a_link_that_leads_nowhere_is_a_note(folder: Path) -> None:
    (folder / "param_counter.py").symlink_to("nowhere.py")

    assert said(read(folder)) == {
        "param_counter.py": "`param_counter.py` is a link; links are not followed, hand in the file itself"
    }


def test_a_named_pipe_is_not_waited_for(folder: Path) -> None:
    os.mkfifo(folder / "param_counter.py")

    assert said(read(folder)) == {"param_counter.py": "`param_counter.py` is not a plain file"}


def test_a_socket_is_not_read(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import socket

    monkeypatch.chdir(folder)  # the path of a socket is short
    with socket.socket(socket.AF_UNIX) as bound:
        bound.bind("param_counter.py")

    assert list(read(folder).notes) == ["param_counter.py"]


def test_a_folder_called_like_a_module_is_a_note(folder: Path) -> None:
    (folder / "param_counter.py").mkdir()

    assert said(read(folder)) == {"param_counter.py": "`param_counter.py` is a folder, not a Python file"}


def test_a_submission_of_unreadable_modules_only_is_still_a_submission(tmp_path: Path) -> None:
    (tmp_path / "lstm_cell.py").mkdir()

    assert read(tmp_path).files == {}


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may read everything")
def test_a_file_that_may_not_be_read_is_a_note(folder: Path) -> None:
    (folder / "param_counter.py").touch(mode=0)

    assert said(read(folder)) == {"param_counter.py": "`param_counter.py` cannot be read (Permission denied)"}


def test_a_file_that_is_too_long_is_a_note(folder: Path) -> None:
    with open(folder / "param_counter.py", "wb") as file:
        file.truncate((8 << 20) + 1)

    assert said(read(folder)) == {"param_counter.py": "`param_counter.py` is longer than 8 MiB"}


def test_too_many_files_are_no_submission(folder: Path) -> None:
    for number in range(500):
        (folder / f"file{number}.py").touch()
    with pytest.raises(SubmissionError, match="more than 500 Python files"):
        read(folder)


def test_too_much_in_all_is_no_submission(folder: Path) -> None:
    for number in range(5):
        with open(folder / f"file{number}.py", "wb") as file:
            file.truncate(8 << 20)
    with pytest.raises(SubmissionError, match="32 MiB"):
        read(folder)


def test_folders_in_folders_end_somewhere(folder: Path) -> None:
    deep = folder.joinpath(*"abcdefgh")
    deep.mkdir(parents=True)
    (deep / "far.py").touch()
    (deep.parents[1] / "near.py").touch()

    assert set(read(folder).files) == {"lstm_cell.py", "a/b/c/d/e/f/near.py"}


@pytest.mark.parametrize(
    "name", [b"a\x1b[2J.py", b"a\nb.py", b"a\xff.py", "a\u202eyp.exe.py".encode(), b"a\x7f.py"]
)
def test_a_name_that_cannot_be_printed_is_left_out_and_told_in_ascii(folder: Path, name: bytes) -> None:
    with open(os.path.join(os.fsencode(folder), name), "w"):
        pass
    submission = read(folder)
    ((path, note),) = said(submission).items()

    assert (list(submission.files), (path + note).isascii(), (path + note).isprintable()) == (
        ["lstm_cell.py"],
        True,
        True,
    )


def test_a_name_in_another_writing_is_a_name(folder: Path) -> None:
    (folder / "помощь.py").touch()

    assert set(read(folder).files) == {"lstm_cell.py", "помощь.py"}


def test_a_folder_whose_name_cannot_be_printed_gets_one_that_can(tmp_path: Path) -> None:
    made = tmp_path / "a\x1b[31m"
    made.mkdir()
    (made / "lstm_cell.py").touch()

    assert read(made).name == r"a\x1b[31m"


# Notebooks


def test_the_code_cells_of_a_notebook_become_the_module(folder: Path) -> None:
    text = json.dumps(
        {
            "cells": [
                {"cell_type": "markdown", "source": "# Title"},
                {"cell_type": "code", "source": ["import torch\n", "x = 1"]},
                {"cell_type": "code", "source": "y = 2"},
            ]
        }
    )
    code, notes = from_notebook(folder, text)

    assert (code, notes) == (
        "# In[1]:\nimport torch\nx = 1\n\n# In[2]:\ny = 2\n",
        {
            "param_counter.ipynb": "`param_counter.ipynb` is a notebook: its code cells were used as "
            "`param_counter.py`, without lines that only a notebook understands"
        },
    )


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "null",
        "5",
        "[]",
        "{}",
        '{"cells": null}',
        '{"cells": 5}',
        '{"cells": "text"}',
        '{"cells": [5]}',
        '{"cells": [{}]}',
        '{"cells": [{"cell_type": "code"}]}',
        notebook(None),
        notebook(5),
        notebook([1, 2]),
        notebook("x = '\ud800'"),
        '{"cells": ' + "[" * 100_000,
        '{"cells": ' + "9" * 5000 + "}",
    ],
    ids=range(18),
)
def test_a_notebook_that_cannot_be_read_is_a_note(folder: Path, text: str) -> None:
    code, notes = from_notebook(folder, text)

    assert (code, notes) == (
        None,
        {"param_counter.py": "`param_counter.ipynb` is not a notebook that can be read"},
    )


def outputs(*printed: str) -> str:
    output = {"output_type": "display_data", "data": {"image/png": "".join(printed)}}
    return json.dumps({"cells": [{"cell_type": "code", "source": "x = 1", "outputs": [output]}]})


def test_a_notebook_is_as_long_as_it_is_without_its_pictures(folder: Path) -> None:
    code, _ = from_notebook(folder, outputs("iVBORw0KGgo/A+n\n" * 300_000))

    assert code == "# In[1]:\nx = 1\n"


def test_a_notebook_that_is_too_long_is_to_be_cleared(folder: Path) -> None:
    code, notes = from_notebook(folder, outputs("a word and " * 300_000))

    assert (code, notes) == (
        None,
        {"param_counter.py": "`param_counter.ipynb` is a notebook of more than 2 MiB; clear its outputs"},
    )


def test_a_notebook_that_could_not_be_read_at_all_is_told_for_its_module(tmp_path: Path) -> None:
    (tmp_path / "param_counter.ipynb").symlink_to("nowhere")

    assert list(read(tmp_path).notes) == ["param_counter.py"]


def test_bytes_that_are_no_text_are_no_notebook(folder: Path) -> None:
    (folder / "param_counter.ipynb").write_bytes(b"\xff\x00\xfe")

    assert list(read(folder).notes) == ["param_counter.py"]


def test_a_module_goes_before_a_notebook_of_its_name(folder: Path) -> None:
    (folder / "lstm_cell.ipynb").write_text(notebook("x = 2"))

    submission = read(folder)

    assert (submission.files, list(said(submission).values())) == (
        {"lstm_cell.py": b"x = 1\n"},
        ["`lstm_cell.ipynb` was left out: `lstm_cell.py` was taken as `lstm_cell.py`"],
    )


def test_the_only_notebook_stands_for_what_has_no_file_of_its_own(folder: Path) -> None:
    (folder / "Untitled.ipynb").write_text(notebook("x = 2"))

    assert read(folder).files == {"lstm_cell.py": b"x = 1\n", "param_counter.py": b"# In[1]:\nx = 2\n"}


def test_a_notebook_that_nothing_is_taken_from_is_named(folder: Path) -> None:
    (folder / "param_counter.py").write_text("")
    (folder / "Untitled.ipynb").write_text(notebook("x = 2"))

    assert said(read(folder)) == {"Untitled.ipynb": "`Untitled.ipynb` was not used: no task asks for it"}


def test_a_lone_notebook_is_taken_as_all_that_is_looked_for(tmp_path: Path) -> None:
    (tmp_path / "hw3").mkdir()
    (tmp_path / "hw3" / "homework.ipynb").write_text(notebook("x = 2"))
    submission = read(tmp_path)

    assert (submission.files, said(submission)) == (
        dict.fromkeys(("hw3/lstm_cell.py", "hw3/param_counter.py"), b"# In[1]:\nx = 2\n"),
        {
            "hw3/": "the files were taken from `hw3/`, which holds what the tasks ask for",
            "hw3/homework.ipynb": "`hw3/homework.ipynb` is a notebook: its code cells were used as every "
            "file that is looked for, without lines that only a notebook understands",
        },
    )


def test_a_lone_notebook_that_cannot_be_read_is_told_for_each_task(tmp_path: Path) -> None:
    (tmp_path / "homework.ipynb").write_text("{")
    note = "`homework.ipynb` is not a notebook that can be read"

    assert said(read(tmp_path)) == {"lstm_cell.py": note, "param_counter.py": note}


def test_of_two_notebooks_none_is_taken_as_everything(tmp_path: Path) -> None:
    for name in ("one.ipynb", "two.ipynb"):
        (tmp_path / name).write_text(notebook("x = 2"))

    assert refusal(tmp_path) == f"{LOOKED_FOR} It holds one.ipynb, two.ipynb."


# One folder too far up


def test_a_folder_in_the_folder_is_taken_where_only_there_is_what_is_looked_for(tmp_path: Path) -> None:
    for path in ("hw3/lstm_cell.py", "hw3/tools/gates.py", "hw3/old/lstm_cell.py", "setup.py"):
        (tmp_path / path).parent.mkdir(exist_ok=True)
        (tmp_path / path).write_text(path)
    submission = read(tmp_path)

    assert (submission.files, said(submission)) == (
        {
            "hw3/lstm_cell.py": b"hw3/lstm_cell.py",
            "hw3/tools/gates.py": b"hw3/tools/gates.py",
            "hw3/old/lstm_cell.py": b"hw3/old/lstm_cell.py",
            "setup.py": b"setup.py",
        },
        {"hw3/": "the files were taken from `hw3/`, which holds what the tasks ask for"},
    )


def test_a_notebook_in_a_folder_in_the_folder_is_taken(tmp_path: Path) -> None:
    (tmp_path / "hw3").mkdir()
    (tmp_path / "hw3" / "lstm_cell.ipynb").write_text(notebook("x = 2"))

    assert read(tmp_path).module("lstm_cell") == "hw3/lstm_cell.py"


def test_a_folder_for_each_task_is_taken(tmp_path: Path) -> None:
    for name in MODULES:
        (tmp_path / name).mkdir()
        (tmp_path / name / f"{name}.py").write_text(name)
    submission = read(tmp_path)

    assert (submission.files, list(said(submission).values())) == (
        {"lstm_cell/lstm_cell.py": b"lstm_cell", "param_counter/param_counter.py": b"param_counter"},
        ["the files were taken from `lstm_cell/`, `param_counter/`, which holds what the tasks ask for"],
    )


def test_a_link_in_a_folder_in_the_folder_is_told_for_its_module(tmp_path: Path) -> None:
    (tmp_path / "hw3").mkdir()
    (tmp_path / "hw3" / "lstm_cell.py").symlink_to("nowhere")

    assert said(read(tmp_path))["lstm_cell.py"].startswith("`hw3/lstm_cell.py` is a link;")


def test_more_folders_than_modules_are_several_versions(tmp_path: Path) -> None:
    for name in "abc":
        (tmp_path / name).mkdir()
        (tmp_path / name / "lstm_cell.py").write_text(name)

    assert refusal(tmp_path) == (
        "holds several versions of the files to grade, in `a/`, `b/`, `c/`; hand in one of them."
    )


def test_two_versions_of_a_module_in_two_folders_are_for_the_student_to_choose_from(tmp_path: Path) -> None:
    for name in ("draft", "final"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "lstm_cell.py").write_text(name)

    assert refusal(tmp_path) == (
        "holds several versions of the files to grade, in `draft/`, `final/`; hand in one of them."
    )


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("src/param_counter.py", None),
        (
            "param_counter/core.py",
            "`param_counter/` is not a package that Python can import: it has no `__init__.py`",
        ),
        ("src/another.py", None),
    ],
)
def test_what_comes_near_a_missing_module_is_told(folder: Path, path: str, expected: str | None) -> None:
    (folder / path).parent.mkdir()
    (folder / path).touch()

    assert said(read(folder)).get("param_counter.py") == expected


# What is asked of a submission


def test_a_package_goes_before_a_module() -> None:
    both = Submission("", {"a.py": b"", "a/__init__.py": b"", "b.py": b"", "c/d.py": b""}, {})

    assert [both.module(name) for name in "abcd"] == ["a/__init__.py", "b.py", None, None]


def test_the_digest_depends_on_names_and_contents_and_not_on_their_order() -> None:
    one = Submission("x", {"a.py": b"1", "b.py": b"2"}, {}).digest
    others = [
        Submission("y", {"b.py": b"2", "a.py": b"1"}, {"n": ""}).digest,
        Submission("x", {"a.py": b"2", "b.py": b"1"}, {}).digest,
        Submission("x", {"a.py": b"1b", ".py": b"2"}, {}).digest,
        Submission("x", {"a.py": b"1"}, {}).digest,
    ]

    assert [other == one for other in others] == [True, False, False, False]


def test_where_a_name_ends_and_its_content_begins_counts() -> None:
    assert Submission("", {"ab": b"c"}, {}).digest != Submission("", {"a": b"bc"}, {}).digest


@pytest.mark.parametrize("data", [b"a\nb", b"a\r\nb", b"a\rb", b"\xef\xbb\xbfa\nb"])
def test_lines_are_counted_as_python_counts_them(data: bytes) -> None:
    assert Submission("", {"a.py": data}, {}).lines("a.py") == ["a", "b"]


def test_lines_of_what_is_no_text_can_be_shown() -> None:
    assert Submission("", {"a.py": b"\xff"}, {}).lines("a.py") == ["\ufffd"]


def test_of_a_file_of_many_lines_those_at_its_beginning_are_shown() -> None:
    lines = Submission("", {"a.py": b"a\n" * (4 << 20)}, {}).lines("a.py")

    assert (lines[:2], len(lines) < 100_000) == (["a", "a"], True)


def test_a_file_that_is_not_there_has_one_empty_line() -> None:
    assert Submission("", {}, {}).lines("a.py") == [""]


@pytest.mark.parametrize(
    ("name", "expected"),
    [("LSTMCell", "lstm_cell"), ("lstm_cel", "lstm_cell"), ("paramcounter", "param_counter"), ("main", None)],
)
def test_the_nearest_name_is_found(name: str, expected: str | None) -> None:
    assert nearest(name, list(MODULES)) == expected


def test_a_path_that_is_too_long_is_left_out_and_said(folder: Path) -> None:
    long = folder / ("d" * 100) / ("e" * 100 + ".py")
    long.parent.mkdir()
    long.write_text("")
    submission = read_submission(folder, MODULES)

    assert long.name not in "".join(submission.files)
    assert "has a path of more than 160 characters; it was left out" in "".join(said(submission).values())


def test_of_very_many_notes_the_first_are_kept_and_the_others_counted(folder: Path) -> None:
    for number in range(100):
        (folder / f"link{number:03}.py").symlink_to("nowhere")
    (folder / "zzz.py").mkdir()
    notes = list(said(read_submission(folder, (*MODULES, "zzz"))).values())

    assert (len(notes), notes[-2:]) == (
        22,
        ["`zzz.py` is a folder, not a Python file", "80 more files were left out"],
    )


def test_very_many_files_of_any_kind_are_no_submission(folder: Path) -> None:
    for number in range(6):
        (folder / f"{number}.txt").write_text("")

    with pytest.raises(SubmissionError, match="hold more than 5 files"):
        read_submission(folder, MODULES, most_entries=5)


def test_a_file_is_seen_by_its_name_as_python_compares_names() -> None:
    submission = Submission("x", {"q1/ﬁle.py": b"1"}, {}, {"lstm_cell": "q1/"})

    assert submission.seen_from("lstm_cell")["file.py"] == b"1"


@pytest.mark.parametrize("name", ["a//b.py", "./a/./b.py"])
def test_a_cell_writes_to_a_path_however_it_is_written(tmp_path: Path, name: str) -> None:
    (tmp_path / "m.ipynb").write_text(notebook(f"%%writefile {name}\nx = 1", "y = 2"))

    assert read_submission(tmp_path, ("m",)).files["a/b.py"] == b"x = 1\n"


def test_a_file_that_cannot_lie_beside_the_others_is_left_out_and_told(tmp_path: Path) -> None:
    (tmp_path / "m.py").write_text("x = 1\n")
    (tmp_path / "m.py\\y.txt").write_text("data")
    (tmp_path / "n.ipynb").write_text(notebook(f"%%writefile {'a' * 250}.py\nx = 1", "y = 2"))
    found = read_submission(tmp_path, ("m", "n"))

    assert [*found.files] == ["m.py", "n.py"]
    assert said(found)["m.py/y.txt"] == (
        "`m.py/y.txt` is a path that no file can have beside the others; it was left out"
    )
