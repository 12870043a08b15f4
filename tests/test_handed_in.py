"""When a folder was handed in is a student's word: it is read carefully, and may be none."""

import os
import subprocess
from datetime import UTC, datetime
from pathlib import Path

import pytest

from grader.course import submission_times
from grader.course.submission_times import committed, newest_file

COMMITTED = datetime(2026, 10, 1, 10, tzinfo=UTC)


def git(folder: Path, *order: str, when: str = "2026-10-01T12:00:00+02:00") -> str:
    stated = {"GIT_COMMITTER_DATE": when, "HOME": str(folder), "PATH": os.environ["PATH"]}
    ran = subprocess.run(
        ["git", "-c", "user.name=a", "-c", "user.email=a@x", *order],
        cwd=folder,
        env=stated,
        check=True,
        capture_output=True,
        text=True,
    )
    return ran.stdout.strip()


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    git(tmp_path, "init", "--quiet")
    git(tmp_path, "commit", "--quiet", "--allow-empty", "-m", "first")
    return tmp_path


def touched(folder: Path, when: float, name: str = "a.py") -> Path:
    folder.mkdir(exist_ok=True)
    (folder / name).write_text("")
    os.utime(folder / name, (when, when))
    return folder


# The last commit


def test_references_that_were_packed_are_found(repository: Path) -> None:
    git(repository, "pack-refs", "--all")

    assert committed(repository) == COMMITTED


def test_a_head_that_is_a_commit_is_found(repository: Path) -> None:
    git(repository, "checkout", "--quiet", "--detach")

    assert committed(repository) == COMMITTED


def test_objects_that_were_packed_are_found(repository: Path) -> None:
    git(repository, "gc", "--quiet")

    assert committed(repository) == COMMITTED


def test_of_two_commits_the_last_one_counts(repository: Path) -> None:
    git(repository, "commit", "--quiet", "--allow-empty", "-m", "second", when="2026-10-05T00:00:00Z")

    assert committed(repository) == datetime(2026, 10, 5, tzinfo=UTC)


def test_a_message_that_looks_like_a_time_is_none(repository: Path) -> None:
    git(repository, "commit", "--quiet", "--allow-empty", "-m", "x\n\ncommitter a <a@x> 1 +0000")

    assert committed(repository) == COMMITTED


def test_a_branch_with_a_slash_is_found(repository: Path) -> None:
    git(repository, "checkout", "--quiet", "-b", "feature/one-2")

    assert committed(repository) == COMMITTED


@pytest.mark.parametrize(
    "committer", ["a <a@x> -5 +0000", "a <a@x> 999999999999 +0000", "a <a@x> soon", "a 1 +0000"]
)
def test_a_time_that_is_none_is_no_time(repository: Path, committer: str) -> None:
    tree = git(repository, "rev-parse", "HEAD^{tree}")
    commit = f"tree {tree}\nauthor a <a@x> 1 +0000\ncommitter {committer}\n\nx\n"
    written = subprocess.run(
        ["git", "hash-object", "-t", "commit", "-w", "--stdin", "--literally"],
        cwd=repository,
        input=commit,
        capture_output=True,
        text=True,
        check=True,
    )
    (repository / ".git" / "HEAD").write_text(written.stdout)

    assert committed(repository) is None


def test_a_folder_without_a_repository_has_no_commit(tmp_path: Path) -> None:
    assert committed(tmp_path) is None


def test_a_repository_around_the_folder_is_not_the_students(repository: Path) -> None:
    (repository / "inside").mkdir()

    assert committed(repository / "inside") is None


def test_a_repository_whose_objects_are_gone_has_no_commit(repository: Path) -> None:
    for folder, _, files in os.walk(repository / ".git" / "objects", topdown=False):
        for name in files:
            os.chmod(os.path.join(folder, name), 0o600)
            os.unlink(os.path.join(folder, name))

    assert committed(repository) is None


def test_a_head_that_leads_elsewhere_is_not_followed(repository: Path) -> None:
    (repository / ".git" / "HEAD").rename(repository / "elsewhere")
    (repository / ".git" / "HEAD").symlink_to(repository / "elsewhere")

    assert committed(repository) is None


def test_a_head_that_never_ends_holds_up_nobody(repository: Path) -> None:
    (repository / ".git" / "HEAD").unlink()
    os.mkfifo(repository / ".git" / "HEAD")

    assert committed(repository) is None


# The newest file


def test_a_folder_without_a_file_has_no_time(tmp_path: Path) -> None:
    assert newest_file(tmp_path) is None


def test_a_file_below_counts(tmp_path: Path) -> None:
    touched(tmp_path, 1000)
    touched(tmp_path / "below", 5000)

    assert newest_file(tmp_path) == datetime.fromtimestamp(5000, UTC)


def test_where_a_link_leads_does_not_count(tmp_path: Path) -> None:
    touched(tmp_path / "class", 1000)
    touched(tmp_path / "elsewhere", 9000)
    (tmp_path / "class" / "link.py").symlink_to(tmp_path / "elsewhere" / "a.py")
    (tmp_path / "class" / "folder").symlink_to(tmp_path / "elsewhere")

    assert newest_file(tmp_path / "class") == datetime.fromtimestamp(1000, UTC)


def test_in_a_folder_of_too_many_files_nobody_looks_for_the_newest(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(submission_times, "_MOST", 3)
    for number in range(4):
        touched(tmp_path, 1000, f"{number}.py")

    assert newest_file(tmp_path) is None
