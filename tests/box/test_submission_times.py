"""When a folder was handed in is a student's word: it is read carefully, and may be none."""

import os
import shutil
import subprocess
import sys
import zlib
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from grader.course.submission_times import committed, newest_file

COMMITTED = datetime(2026, 10, 1, 10, tzinfo=UTC)
LARGE = 300 << 20


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


def test_a_repository_runs_no_program(repository: Path) -> None:
    with (repository / ".git" / "config").open("a") as config:
        for key in ("core.fsmonitor", "core.pager", "gpg.program", "core.sshCommand", "core.hooksPath"):
            section, _, name = key.partition(".")
            config.write(f"[{section}]\n\t{name} = touch {repository}/ran\n")
        config.write("[log]\n\tshowSignature = true\n")

    assert (committed(repository), (repository / "ran").exists()) == (COMMITTED, False)


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


def commit_of(repository: Path, size: int) -> None:
    """Put a commit of so many bytes at the head, packed."""
    tree = git(repository, "rev-parse", "HEAD^{tree}")
    people = "author a <a@x> 1 +0000\ncommitter a <a@x> 1790000000 +0000\n"
    with open(repository / "commit", "wb") as file:
        file.write(f"tree {tree}\n{people}\n".encode())
        file.truncate(size)
    settings = ("-c", "core.compression=1")
    written = git(repository, *settings, "hash-object", "-t", "commit", "-w", "--literally", "commit")
    (repository / "commit").unlink()
    git(repository, "update-ref", "--no-deref", "HEAD", written)


LOOK = """
import sys
from pathlib import Path
from grader.course.submission_times import committed
committed(Path(sys.argv[1]))
"""
# A process begins with the memory that its parent had as its largest so far, and pytest's is large.
MEASURE = """
import resource, subprocess, sys
subprocess.run([sys.executable, "-I", "-c", *sys.argv[1:]], check=True)
print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)
"""


@pytest.mark.slow  # git takes seconds to make them
@pytest.mark.parametrize("packed", [False, True])
def test_a_small_file_with_a_large_commit_takes_little_memory(repository: Path, packed: bool) -> None:
    commit_of(repository, LARGE)
    if packed:
        git(repository, "repack", "-a", "-d", "--quiet")
    looked = subprocess.run(
        [sys.executable, "-I", "-c", MEASURE, LOOK, str(repository)], capture_output=True, check=True
    )

    assert int(looked.stdout) << 10 < LARGE


def test_of_a_commit_with_a_long_message_the_time_is_read(repository: Path) -> None:
    commit_of(repository, 1 << 20)

    assert committed(repository) == datetime.fromtimestamp(1790000000, UTC)


@pytest.fixture
def elsewhere(repository: Path) -> Path:
    """A folder of another student, which has a repository like this one."""
    other = repository / "inside" / "other"
    other.mkdir(parents=True)
    (repository / ".git").rename(other / ".git")
    return other


def alternate(own: Path, other: Path) -> None:
    (own / ".git" / "objects" / "info").mkdir(parents=True)
    (own / ".git" / "objects" / "info" / "alternates").write_text(f"{other / '.git' / 'objects'}\n")


def linked(*names: str) -> Callable[[Path, Path], None]:
    def link(own: Path, other: Path) -> None:
        for name in names:
            (own / name).parent.mkdir(parents=True, exist_ok=True)
            (own / name).symlink_to(other / name)

    return link


def file_in_place(own: Path, other: Path) -> None:
    (own / ".git").write_text(f"gitdir: {other / '.git'}\n")


BORROWED = {
    "alternates": alternate,
    "a link to the repository": linked(".git"),
    "a file in its place": file_in_place,
    "a link to the objects": linked(".git/objects"),
    "a link to the packs": linked(".git/objects/pack"),
}


@pytest.mark.parametrize("borrow", BORROWED.values(), ids=BORROWED.keys())
@pytest.mark.parametrize("packed", [False, True])
def test_objects_of_other_people_are_not_looked_at(
    elsewhere: Path, tmp_path: Path, borrow: Callable[[Path, Path], None], packed: bool
) -> None:
    if packed:
        git(elsewhere, "gc", "--quiet")
    own = tmp_path / "own"
    own.mkdir()
    borrow(own, elsewhere)
    if (own / ".git").is_dir() and not (own / ".git").is_symlink():
        (own / ".git" / "HEAD").write_text(git(elsewhere, "rev-parse", "HEAD"))

    assert (committed(own), committed(elsewhere)) == (None, COMMITTED)


def test_a_reference_behind_a_link_is_not_followed(repository: Path) -> None:
    (repository / ".git" / "refs").rename(repository / "refs")
    (repository / ".git" / "refs").symlink_to(repository / "refs")

    assert committed(repository) is None


@pytest.mark.parametrize("name", [".git", ".git/objects", ".git/refs", ".git/HEAD", ".git/packed-refs"])
def test_a_link_to_itself_is_no_repository(tmp_path: Path, name: str) -> None:
    (tmp_path / ".git").mkdir()
    (tmp_path / ".git" / "HEAD").write_text("ref: refs/heads/main\n" if "ref" in name else "a" * 40)
    if name == ".git":
        shutil.rmtree(tmp_path / name)
    (tmp_path / name).unlink(missing_ok=True)
    (tmp_path / name).symlink_to(Path(name).name)

    assert committed(tmp_path) is None


def test_a_fifo_among_the_packs_holds_up_nobody(repository: Path) -> None:
    (repository / ".git" / "HEAD").write_text("a" * 40)
    for ending in ("pack", "idx"):
        os.mkfifo(repository / ".git" / "objects" / "pack" / f"pack-{'a' * 40}.{ending}")

    assert committed(repository) is None


def test_references_without_an_end_are_read_in_part(repository: Path) -> None:
    git(repository, "pack-refs", "--all")
    with open(repository / ".git" / "packed-refs", "a") as file:
        file.truncate(4 << 30)

    assert committed(repository) == COMMITTED


@pytest.mark.parametrize("data", [b"", b"no zlib", zlib.compress(b"blob 1\0x"), zlib.compress(b"x" * 100)])
def test_an_object_that_is_no_commit_has_no_time(tmp_path: Path, data: bytes) -> None:
    (tmp_path / ".git" / "objects" / "aa").mkdir(parents=True)
    (tmp_path / ".git" / "HEAD").write_text("a" * 40)
    (tmp_path / ".git" / "objects" / "aa" / ("a" * 38)).write_bytes(data)

    assert committed(tmp_path) is None


def test_a_repository_in_a_folder_whose_name_is_no_text_is_read(repository: Path, tmp_path: Path) -> None:
    git(repository, "gc", "--quiet")
    own = tmp_path / os.fsdecode(b"M\xfcller")
    own.mkdir()
    (repository / ".git").rename(own / ".git")

    assert committed(own) == COMMITTED


# The newest file


@pytest.fixture
def deep(tmp_path: Path) -> Iterator[Path]:
    """A place for folders that are deeper than Python removes them."""
    yield tmp_path / "deep"
    subprocess.run(["rm", "-rf", str(tmp_path / "deep")], check=True)


@pytest.mark.parametrize("name", ["d", "d" * 200])
def test_a_folder_that_is_nested_too_deep_has_the_time_of_what_is_above(deep: Path, name: str) -> None:
    at = os.open(touched(deep, 1000), os.O_RDONLY)
    for _ in range(1200):
        os.mkdir(name, dir_fd=at)
        below = os.open(name, os.O_RDONLY, dir_fd=at)
        os.close(at)
        at = below
    os.close(os.open("late.py", os.O_WRONLY | os.O_CREAT, dir_fd=at))
    os.close(at)

    assert newest_file(deep) == datetime.fromtimestamp(1000, UTC)


@pytest.mark.parametrize("mode", [0, 0o444])
def test_a_locked_folder_has_the_time_of_what_is_beside_it(tmp_path: Path, mode: int) -> None:
    if os.geteuid() == 0:
        pytest.skip("root may read everything")
    touched(tmp_path, 1000)
    touched(tmp_path / "locked", 5000).chmod(mode)
    found = newest_file(tmp_path)
    (tmp_path / "locked").chmod(0o700)

    assert found == datetime.fromtimestamp(1000, UTC)


def test_a_folder_that_goes_missing_has_no_time(tmp_path: Path) -> None:
    assert newest_file(tmp_path / "gone") is None


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


def test_in_a_folder_of_too_many_files_nobody_looks_for_the_newest(tmp_path: Path) -> None:
    for number in range(4):
        touched(tmp_path, 1000, f"{number}.py")

    assert newest_file(tmp_path, most_entries=3) is None
