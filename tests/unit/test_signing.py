"""A signature holds for the two files it was made for, and with the key it was made with."""

import os
from pathlib import Path

import pytest

from grader.signing import KEY, Signer, kept_in, new

SIGNER = Signer(b"a key")
SIGNATURE = SIGNER.sign(b"page", b"report").encode()


def test_what_was_signed_is_known_again() -> None:
    assert SIGNER.signed(b"page", b"report", SIGNATURE) is True


@pytest.mark.parametrize(
    ("page", "report", "signature"),
    [
        (b"Page", b"report", SIGNATURE),
        (b"page", b"Report", SIGNATURE),
        (b"report", b"page", SIGNATURE),
        (b"pager", b"eport", SIGNATURE),
        (b"page", b"report", SIGNATURE[:-1]),
        (b"page", b"report", SIGNATURE + b"0"),
        (b"page", b"report", b""),
        (b"page", b"report", b"\xff"),
    ],
)
def test_anything_else_is_not(page: bytes, report: bytes, signature: bytes) -> None:
    assert SIGNER.signed(page, report, signature) is False


@pytest.mark.parametrize("other", [Signer(b"another key"), Signer(b""), new()])
def test_another_key_signs_otherwise(other: Signer) -> None:
    assert other.signed(b"page", b"report", SIGNATURE) is False


def test_two_new_keys_are_not_the_same() -> None:
    assert new() != new()


def test_a_key_is_made_once_and_kept(tmp_path: Path) -> None:
    first, second = kept_in(tmp_path / "data"), kept_in(tmp_path / "data")

    assert (first == second, len(first.key), os.listdir(tmp_path / "data")) == (True, 32, [KEY])


@pytest.mark.parametrize("content", [b"", b"short", b"x" * 33])
def test_a_file_that_holds_no_key_is_refused(tmp_path: Path, content: bytes) -> None:
    tmp_path.chmod(0o700)
    (tmp_path / KEY).write_bytes(content)
    (tmp_path / KEY).chmod(0o600)

    with pytest.raises(OSError, match=r"It holds no key|It is longer"):
        kept_in(tmp_path)


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660])
def test_a_key_that_others_could_read_is_refused(tmp_path: Path, mode: int) -> None:
    kept_in(tmp_path)
    (tmp_path / KEY).chmod(mode)

    with pytest.raises(OSError, match="Other users could read it; remove it"):
        kept_in(tmp_path)
