"""Archives that strangers made are unpacked below one folder, within limits, or refused with a reason."""

import io
import os
import stat
import struct
import tarfile
import zipfile
import zlib
from collections.abc import Iterable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from grader.errors import SubmissionError
from grader.submission.archive import Budget, stem, unpack

Entry = tuple[str | zipfile.ZipInfo, bytes]


def zipped(path: Path, *entries: Entry, compression: int = zipfile.ZIP_DEFLATED) -> Path:
    with zipfile.ZipFile(path, "w", compression) as archive:
        for name, data in entries:
            archive.writestr(name, data)
    return path


def tarred(path: Path, *members: tuple[tarfile.TarInfo, bytes], mode: str = "w:gz") -> Path:
    with tarfile.open(path, mode) as archive:  # type: ignore[call-overload]
        for member, data in members:
            member.size = len(data)
            archive.addfile(member, io.BytesIO(data))
    return path


def files(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()
    }


def unpacked(archive: Path, budget: Budget | None = None) -> tuple[dict[str, bytes], tuple[str, ...]]:
    into = archive.parent / "into"
    notes = unpack(archive, into, budget or Budget())
    return files(into), notes


def link(name: str) -> zipfile.ZipInfo:
    info = zipfile.ZipInfo(name)
    info.create_system = 3
    info.external_attr = (stat.S_IFLNK | 0o777) << 16
    return info


@pytest.mark.parametrize("suffix", ["w", "w:gz", "w:bz2", "w:xz"])
def test_a_tar_file_is_unpacked_however_it_is_compressed(tmp_path: Path, suffix: str) -> None:
    archive = tarred(tmp_path / "hw.tar", (tarfile.TarInfo("hw/a.py"), b"a = 1\n"), mode=suffix)

    assert unpacked(archive) == ({"hw/a.py": b"a = 1\n"}, ())


@pytest.mark.parametrize(
    ("name", "path"),
    [
        ("/etc/a.py", "etc/a.py"),
        ("C:\\Users\\ana\\a.py", "Users/ana/a.py"),
        ("hw\\a.py", "hw/a.py"),
        ("./hw//a.py", "hw/a.py"),
        ("\\\\server\\share\\a.py", "server/share/a.py"),
    ],
)
def test_a_path_is_below_the_folder_however_it_is_written(tmp_path: Path, name: str, path: str) -> None:
    assert unpacked(zipped(tmp_path / "hw.zip", (name, b"1"))) == ({path: b"1"}, ())


@pytest.mark.parametrize("name", ["../a.py", "hw/../../a.py", "..\\..\\a.py", "/../a.py", "d/" * 30 + "a.py"])
def test_a_path_that_leads_out_is_left_out(tmp_path: Path, name: str) -> None:
    found, (note,) = unpacked(zipped(tmp_path / "hw.zip", (name, b"1"), ("b.py", b"2")))

    assert (found, "its path leads out" in note, files(tmp_path).keys()) == (
        {"b.py": b"2"},
        True,
        {"hw.zip", "into/b.py"},
    )


def test_a_path_in_a_tar_file_that_leads_out_is_left_out(tmp_path: Path) -> None:
    archive = tarred(tmp_path / "hw.tgz", (tarfile.TarInfo("../../a.py"), b"1"))

    assert (unpacked(archive)[0], files(tmp_path).keys()) == ({}, {"hw.tgz"})


HEADERS = [
    tarfile.GNUTYPE_LONGNAME, tarfile.GNUTYPE_LONGLINK,
    tarfile.XHDTYPE, tarfile.XGLTYPE, tarfile.SOLARIS_XHDTYPE,
]  # fmt: skip


@pytest.mark.parametrize("kind", HEADERS)
def test_a_header_of_a_tar_file_is_not_read_into_memory_if_it_is_huge(tmp_path: Path, kind: bytes) -> None:
    header = tarfile.TarInfo("././@LongLink")
    header.type = kind
    record = b"70000 comment=" + b"x" * (70_000 - 15) + b"\n"
    archive = tarred(tmp_path / "hw.tgz", (header, record), (tarfile.TarInfo("a.py"), b"1"))

    with pytest.raises(SubmissionError, match=r"hw\.tgz has a name or a header that is longer"):
        unpacked(archive)


@pytest.mark.parametrize("form", [tarfile.GNU_FORMAT, tarfile.PAX_FORMAT])
def test_a_long_name_in_a_tar_file_is_kept_and_a_longer_one_left_out(tmp_path: Path, form: int) -> None:
    names = ("d" * 150 + "/a.py", "d/" * 3000 + "a.py")
    with tarfile.open(tmp_path / "hw.tgz", "w:gz", format=form) as archive:
        for name in names:
            archive.addfile(tarfile.TarInfo(name))
    found, (note,) = unpacked(tmp_path / "hw.tgz")

    assert (found, "or is too long" in note) == ({names[0]: b""}, True)


def test_a_link_in_a_zip_file_is_left_out_and_nothing_goes_through_it(tmp_path: Path) -> None:
    archive = zipped(tmp_path / "hw.zip", (link("out"), b"/tmp"), ("out/a.py", b"1"))
    found, (note,) = unpacked(archive)

    assert (found, note) == ({"out/a.py": b"1"}, "`out` was left out: it is a link or a device")


@pytest.mark.parametrize("kind", [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.FIFOTYPE, tarfile.CHRTYPE])
def test_a_link_or_a_device_in_a_tar_file_is_left_out(tmp_path: Path, kind: bytes) -> None:
    odd = tarfile.TarInfo("odd.py")
    odd.type, odd.linkname = kind, "/etc/passwd"
    found, (note,) = unpacked(tarred(tmp_path / "hw.tgz", (odd, b""), (tarfile.TarInfo("a.py"), b"1")))

    assert (found, note) == ({"a.py": b"1"}, "`odd.py` was left out: it is a link or a device")


@pytest.mark.parametrize(
    "names", [("Ana/a.py", "ana/a.py"), ("zo\u00e9/a.py", "zoe\u0301/a.py"), ("A.py", "a.py")]
)
def test_names_that_differ_in_case_or_composition_are_both_there(
    tmp_path: Path, names: tuple[str, str]
) -> None:
    found, _ = unpacked(zipped(tmp_path / "hw.zip", (names[0], b"1"), (names[1], b"2")))

    assert found == {names[0]: b"1", names[1]: b"2"}


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_of_two_entries_with_one_name_the_last_counts(tmp_path: Path) -> None:
    found, (note,) = unpacked(zipped(tmp_path / "hw.zip", ("a.py", b"1"), ("a.py", b"2")))

    assert (found, note) == ({"a.py": b"2"}, "`a.py` is there twice: the last one counts")


@pytest.mark.parametrize("names", [("a", "a/b.py"), ("a/b.py", "a"), ("x" * 300, "b.py")])
def test_names_that_no_file_system_holds_are_left_out(tmp_path: Path, names: tuple[str, str]) -> None:
    found, notes = unpacked(zipped(tmp_path / "hw.zip", (names[0], b"1"), (names[1], b"2")))

    assert (len(found), len(notes)) == (1, 1)


@pytest.mark.parametrize("encoding", ["utf-8", "cp437"])
def test_a_name_without_a_mark_is_read_in_the_encoding_that_it_was_written_in(
    tmp_path: Path, encoding: str
) -> None:
    name = "Zoé.py".encode(encoding)
    plain = "x" * len(name)
    data = zipped(tmp_path / "hw.zip", (plain, b"1")).read_bytes()
    (tmp_path / "hw.zip").write_bytes(data.replace(plain.encode(), name))

    assert [*unpacked(tmp_path / "hw.zip")[0]] == ["Zoé.py"]


def test_a_name_that_is_marked_as_utf_8_is_read_as_such(tmp_path: Path) -> None:
    assert [*unpacked(zipped(tmp_path / "hw.zip", ("课.py", b"1")))[0]] == ["课.py"]


def test_what_programs_leave_is_skipped(tmp_path: Path) -> None:
    names = ("__MACOSX/._a.py", ".DS_Store", "hw/__pycache__/a.pyc", "env/pyvenv.cfg", "env/lib/b.py", "a.py")
    archive = zipped(tmp_path / "hw.zip", *((name, b"1") for name in names))

    assert unpacked(archive) == ({"a.py": b"1"}, ())


def test_a_repository_is_kept_for_its_times(tmp_path: Path) -> None:
    assert [*unpacked(zipped(tmp_path / "hw.zip", ("hw/.git/HEAD", b"1")))[0]] == ["hw/.git/HEAD"]


def test_the_time_of_a_file_is_kept(tmp_path: Path) -> None:
    info = zipfile.ZipInfo("a.py")
    info.extra = struct.pack("<HHBl", 0x5455, 5, 1, 1_790_000_000)
    unpacked(zipped(tmp_path / "hw.zip", (info, b"1")))

    assert os.stat(tmp_path / "into" / "a.py").st_mtime == 1_790_000_000


# Attacks on the limits


def test_a_zip_bomb_is_refused_by_what_it_unpacks_to(tmp_path: Path) -> None:
    archive = zipped(tmp_path / "bomb.zip", *((f"{n}.py", bytes(1 << 20)) for n in range(9)))

    with pytest.raises(SubmissionError, match=r"bomb.zip unpacks to more files or bytes than"):
        unpacked(archive, Budget(bytes=8 << 20))


def test_a_small_tar_file_that_unpacks_to_a_huge_one_is_refused(tmp_path: Path) -> None:
    archive = tarred(tmp_path / "bomb.tgz", (tarfile.TarInfo("a.py"), bytes(9 << 20)))

    with pytest.raises(SubmissionError, match=r"bomb.tgz unpacks to more"):
        unpacked(archive, Budget(bytes=8 << 20))


def test_a_file_that_is_too_large_is_left_out_alone(tmp_path: Path) -> None:
    archive = zipped(tmp_path / "hw.zip", ("data.bin", bytes(3 << 20)), ("a.py", b"1"))
    found, (note,) = unpacked(archive, Budget(largest=2 << 20))

    assert (found, note) == ({"a.py": b"1"}, "`data.bin` was left out: it is larger than 2 MiB")


@pytest.mark.parametrize("budget", [Budget(files=3), Budget(entries=3), Budget(directory=100)])
def test_too_many_files_are_refused(tmp_path: Path, budget: Budget) -> None:
    archive = zipped(tmp_path / "many.zip", *((f"{n}.py", b"") for n in range(5)))

    with pytest.raises(SubmissionError, match="more files"):
        unpacked(archive, budget)


def test_a_long_list_of_files_is_refused_before_it_is_read(tmp_path: Path) -> None:
    plain = zipped(tmp_path / "plain.zip", ("a.py", b"1")).read_bytes()
    end = plain.rindex(b"PK\x05\x06")
    longer = struct.pack("<4sQHHLLQQQQ", b"PK\x06\x06", 44, 45, 45, 0, 0, 1, 1, 1 << 40, 0)
    locator = struct.pack("<4sLQL", b"PK\x06\x07", 0, end, 1)
    (tmp_path / "long.zip").write_bytes(bytes(9 << 20) + plain[:end] + longer + locator + plain[end:])
    (tmp_path / "hw.zip").write_bytes(b"PK\x03\x04" + (tmp_path / "long.zip").read_bytes())

    with pytest.raises(SubmissionError, match="lists more files than a submission has"):
        unpacked(tmp_path / "hw.zip")


def test_a_class_has_a_budget_of_its_own(tmp_path: Path) -> None:
    whole = Budget(files=1)
    unpack(zipped(tmp_path / "a.zip", ("a.py", b"1")), tmp_path / "a", Budget(whole=whole))

    with pytest.raises(SubmissionError):
        unpack(tmp_path / "a.zip", tmp_path / "b", Budget(whole=whole))


def test_entries_that_overlap_are_refused(tmp_path: Path) -> None:
    plain = zipped(tmp_path / "plain.zip", ("a.py", bytes(1000)), ("b.py", bytes(1000))).read_bytes()
    second = plain.rindex(b"PK\x01\x02")
    (tmp_path / "bomb.zip").write_bytes(plain[: second + 42] + struct.pack("<L", 0) + plain[second + 46 :])

    with pytest.raises(SubmissionError, match="overlap, as in a zip bomb"):
        unpacked(tmp_path / "bomb.zip")


def test_a_size_that_is_a_lie_writes_no_more_than_it_says(tmp_path: Path) -> None:
    plain = zipped(tmp_path / "plain.zip", ("a.py", b"x" * 1000)).read_bytes()
    directory = plain.rindex(b"PK\x01\x02")
    lying = plain[: directory + 24] + struct.pack("<L", 10) + plain[directory + 28 :]
    (tmp_path / "hw.zip").write_bytes(lying)

    with pytest.raises(SubmissionError, match=r"hw.zip is damaged"):
        unpacked(tmp_path / "hw.zip")


def test_an_encrypted_file_asks_for_one_without_a_password(tmp_path: Path) -> None:
    data = bytearray(zipped(tmp_path / "hw.zip", ("a.py", b"1")).read_bytes())
    data[data.rindex(b"PK\x01\x02") + 8] |= 1
    (tmp_path / "hw.zip").write_bytes(data)

    with pytest.raises(SubmissionError, match="is encrypted with a password; hand it in without one"):
        unpacked(tmp_path / "hw.zip")


@pytest.mark.parametrize("kind", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_a_zip_file_is_unpacked_only_if_that_can_be_bounded(tmp_path: Path, kind: int) -> None:
    with zipfile.ZipFile(tmp_path / "hw.zip", "w", kind) as archive:
        archive.writestr("a.py", b"1")

    with pytest.raises(SubmissionError, match="compressed in a way that cannot be read"):
        unpacked(tmp_path / "hw.zip")


def test_a_compression_of_another_program_is_said(tmp_path: Path) -> None:
    data = bytearray(zipped(tmp_path / "hw.zip", ("a.py", b"1")).read_bytes())
    for place in (data.index(b"PK\x03\x04") + 8, data.rindex(b"PK\x01\x02") + 10):
        data[place] = 9  # Deflate64
    (tmp_path / "hw.zip").write_bytes(data)

    with pytest.raises(SubmissionError, match="compressed in a way that cannot be read"):
        unpacked(tmp_path / "hw.zip")


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"Rar!\x1a\x07\x01\x00", "is a RAR archive, which cannot be unpacked here; hand in a zip file"),
        (b"7z\xbc\xaf\x27\x1c", "is a 7z archive"),
        (b"", "is damaged, or is no archive"),
        (b"<!DOCTYPE html>", "is damaged, or is no archive"),
        (b"PK\x03\x04" + bytes(100), "is not a whole zip file"),
        (b"\x1f\x8b" + bytes(100), "is damaged, or is no archive"),
        (b"PK\x05\x06" + bytes(8) + b"\xff\xff\xff\xff" * 2 + bytes(2), "hw.zip"),
    ],
)
def test_what_is_no_archive_is_said(tmp_path: Path, data: bytes, said: str) -> None:
    (tmp_path / "hw.zip").write_bytes(data)

    with pytest.raises(SubmissionError, match=said):
        unpacked(tmp_path / "hw.zip")


def test_an_empty_zip_file_holds_nothing(tmp_path: Path) -> None:
    assert unpacked(zipped(tmp_path / "hw.zip")) == ({}, ())


@pytest.mark.parametrize(
    ("name", "short"), [("hw.zip", "hw"), ("hw.tar.gz", "hw"), ("HW.TGZ", "HW"), ("a.b", "a.b")]
)
def test_an_archives_name_without_its_suffix(name: str, short: str) -> None:
    assert stem(name) == short


def _whole() -> bytes:
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("hw/a.py", b"a = 1\n" * 9)
        archive.writestr("hw/b.py", zlib.compress(b"x"))
    return held.getvalue()


WHOLE = _whole()


@given(st.lists(st.tuples(st.integers(0, len(WHOLE) - 1), st.integers(0, 255)), max_size=6))
def test_a_damaged_archive_is_refused_or_stays_below_its_folder(
    tmp_path_factory: pytest.TempPathFactory, changes: Iterable[tuple[int, int]]
) -> None:
    place = tmp_path_factory.mktemp("damaged")
    data = bytearray(WHOLE)
    for at, value in changes:
        data[at] = value
    (place / "hw.zip").write_bytes(data)
    try:
        unpack(place / "hw.zip", place / "into", Budget())
    except SubmissionError as error:
        assert str(error).startswith("hw.zip ")

    assert {path.name for path in place.iterdir()} <= {"hw.zip", "into"}
