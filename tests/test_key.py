"""The answer key gives back what was stored, or nothing."""

import hashlib
import os
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from grader.asking.answer_cache import AnswerCache, digest
from grader.asking.conversation import CheckInfo, Description, Question, Responses
from grader.values import Tensor
from grader.wire import Answer, Drawn, Raised, pack, pack_answer

QUESTION = Question("the checks", "module", {"module.py": b"x = 1\n"}, seed=5)
OTHER = Question("the checks", "module", {"module.py": b"x = 2\n"}, seed=5)

CHECK = CheckInfo(
    name="step",
    title="A step.",
    about="",
    points=2,
    after=(),
    cases=2,
    dtype="float64",
    depth="",
    compare=False,
    plot={"title": "Norms", "x": "d", "y": "norm", "log": True, "bars": False, "first": 1},
)


def asked() -> Responses:
    """Return answers of every kind, without tensors, so that they can be compared."""
    return Responses(
        Description(forbid=("torch.nn.LSTM",), checks=(CHECK,)),
        answers={
            "step": {
                0: Answer("step", 0, {"n": 20362, "text": "x", "flag": True, "nothing": None, "x": 0.1}),
                1: Answer("step", 1, raised=Raised(("ValueError", "Exception"), "no")),
            },
            "other": {0: Answer("other", 0, {}, None, ("x",), {"batch": 2}, (Drawn("integer", "n", 4),))},
        },
    )


@pytest.fixture
def key(tmp_path: Path) -> AnswerCache:
    stored = AnswerCache(tmp_path / "key")
    stored.store(QUESTION, asked())
    return stored


def file(tmp_path: Path) -> Path:
    (path,) = (tmp_path / "key").iterdir()
    return path


def test_stored_answers_come_back(key: AnswerCache) -> None:
    assert key.load(QUESTION) == asked()


def test_it_holds_what_was_stored_and_nothing_else(key: AnswerCache) -> None:
    assert [key.holds(question) for question in (QUESTION, OTHER)] == [True, False]


def test_they_come_back_to_another_key_on_the_same_folder(key: AnswerCache, tmp_path: Path) -> None:
    assert AnswerCache(tmp_path / "key").load(QUESTION) == asked()


def test_the_entries_of_a_tensor_come_back_to_the_last_bit(tmp_path: Path) -> None:
    array = np.array([[0.1, np.nan], [-0.0, np.inf]])
    key = AnswerCache(tmp_path)
    key.store(QUESTION, Responses(answers={"step": {0: Answer("step", 0, {"h": Tensor("float64", array)})}}))
    loaded = key.load(QUESTION)
    assert loaded is not None
    found = (loaded.answers["step"][0].observed or {})["h"]

    assert isinstance(found, Tensor) and (found.dtype, found.array.tobytes()) == ("float64", array.tobytes())


def test_answers_without_a_description_come_back(tmp_path: Path) -> None:
    key = AnswerCache(tmp_path)
    key.store(QUESTION, Responses())

    assert key.load(QUESTION) == Responses()


def test_what_was_not_stored_is_not_there(key: AnswerCache) -> None:
    assert key.load(OTHER) is None


def test_storing_again_replaces(key: AnswerCache) -> None:
    key.store(QUESTION, Responses())

    assert key.load(QUESTION) == Responses()


def test_nothing_else_is_left_in_the_folder(key: AnswerCache, tmp_path: Path) -> None:
    key.store(QUESTION, Responses())

    assert os.listdir(tmp_path / "key") == [digest(QUESTION)]


def test_a_damaged_byte_makes_a_file_worthless(key: AnswerCache, tmp_path: Path) -> None:
    path = file(tmp_path)
    whole = path.read_bytes()
    believed = []
    for at in range(0, len(whole), 5):
        path.write_bytes(whole[:at] + bytes([whole[at] ^ 1]) + whole[at + 1 :])
        if key.load(QUESTION) is not None:
            believed.append(at)

    assert believed == []


def test_a_file_that_is_cut_short_is_worthless(key: AnswerCache, tmp_path: Path) -> None:
    path = file(tmp_path)
    whole = path.read_bytes()
    believed = []
    for size in range(0, len(whole), 5):
        path.write_bytes(whole[:size])
        if key.load(QUESTION) is not None:
            believed.append(size)

    assert believed == []


def test_a_file_with_something_behind_it_is_worthless(key: AnswerCache, tmp_path: Path) -> None:
    path = file(tmp_path)
    path.write_bytes(path.read_bytes() + b"\0")

    assert key.load(QUESTION) is None


def test_a_file_that_answers_another_question_is_worthless(key: AnswerCache, tmp_path: Path) -> None:
    file(tmp_path).rename(tmp_path / "key" / digest(OTHER))

    assert key.load(OTHER) is None


@pytest.mark.parametrize(
    "body",
    [
        pack("key", {}),
        pack("other", {"digest": digest(QUESTION), "description": None}),
        pack("key", {"digest": digest(QUESTION), "description": {"forbid": 5}}),
        pack("key", {"digest": digest(QUESTION), "description": None}) + pack("answer", {}),
        pack_answer(Answer("step", 0, {})),
        b"no message",
    ],
)
def test_a_whole_file_with_something_else_inside_is_worthless(tmp_path: Path, body: bytes) -> None:
    name = digest(QUESTION)
    (tmp_path / name).write_bytes(b"answer key 1\n" + hashlib.sha256(body).digest() + body)

    assert AnswerCache(tmp_path).load(QUESTION) is None


def test_a_folder_that_cannot_be_made_keeps_nothing(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    key = AnswerCache(tmp_path / "file" / "key")
    key.store(QUESTION, asked())

    assert key.load(QUESTION) is None


def test_a_folder_in_place_of_the_file_keeps_nothing(tmp_path: Path) -> None:
    (tmp_path / digest(QUESTION)).mkdir()
    key = AnswerCache(tmp_path)
    key.store(QUESTION, asked())

    assert (key.load(QUESTION), os.listdir(tmp_path)) == (None, [digest(QUESTION)])


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_that_may_not_be_written_keeps_nothing(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    key = AnswerCache(tmp_path)
    key.store(QUESTION, asked())

    assert key.load(QUESTION) is None


def test_a_damaged_file_is_replaced_by_the_next_answers(key: AnswerCache, tmp_path: Path) -> None:
    file(tmp_path).write_bytes(b"damaged")
    key.store(QUESTION, asked())

    assert key.load(QUESTION) == asked()


@pytest.mark.parametrize(
    "other",
    [
        Question("other checks", "module", {"module.py": b"x = 1\n"}, 5),
        Question("the checks", "other", {"module.py": b"x = 1\n"}, 5),
        Question("the checks", "module", {"module.py": b"x = 2\n"}, 5),
        Question("the checks", "module", {"other.py": b"x = 1\n"}, 5),
        Question("the checks", "module", {"module.py": b"x = 1\n", "b.py": b""}, 5),
        Question("the checks", "module", {"module.py": b"x = 1\n"}, 6),
        Question("the checks", "module", {"module.py": b"x = 1\n"}, 5, (("step", (0,)),)),
        Question("the checks", "module", {"module.py": b"x = 1\n"}, 5, record=True),
    ],
)
def test_the_name_of_a_file_depends_on_all_that_the_answers_depend_on(other: Question) -> None:
    assert digest(other) != digest(QUESTION)


def test_the_order_of_the_files_does_not_matter() -> None:
    one, other = ({"a.py": b"1", "b.py": b"2"}, {"b.py": b"2", "a.py": b"1"})

    assert digest(Question("", "a", one, 0)) == digest(Question("", "a", other, 0))


def test_a_whole_file_with_nothing_inside_is_worthless(tmp_path: Path) -> None:
    import hashlib

    question = Question("", "m", {}, 1)
    (tmp_path / digest(question)).write_bytes(b"answer key 1\n" + hashlib.sha256(b"").digest())

    assert AnswerCache(tmp_path).load(question) is None


# Whatever a file holds


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder whose only file is overwritten again and again."""
    return tmp_path_factory.mktemp("anything")


def whole() -> bytes:
    """Return what a file of the key holds behind its digest."""
    description = Description(forbid=("torch.nn.LSTM",), checks=(CHECK,)).model_dump(mode="json")
    body = pack("key", {"digest": digest(QUESTION), "description": description})
    return body + b"".join(pack_answer(a) for found in asked().answers.values() for a in found.values())


def loaded(folder: Path, data: bytes) -> type:
    (folder / digest(QUESTION)).write_bytes(data)
    return type(AnswerCache(folder).load(QUESTION))


def signed(body: bytes) -> bytes:
    """Return a file whose digest is that of its bytes, as if it had been written like this."""
    return b"answer key 1\n" + hashlib.sha256(body).digest() + body


@settings(deadline=None)
@given(st.binary(max_size=200))
def test_any_bytes_are_worthless(folder: Path, data: bytes) -> None:
    assert loaded(folder, data) is type(None)


@settings(deadline=None)
@given(st.binary(max_size=200))
def test_any_bytes_with_their_digest_are_worthless(folder: Path, body: bytes) -> None:
    assert loaded(folder, signed(body)) is type(None)


@settings(deadline=None, max_examples=300)
@given(st.data())
def test_damage_with_its_digest_is_answers_or_worthless(folder: Path, data: st.DataObject) -> None:
    body = bytearray(whole())
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(body) - 1))
        body[at : at + data.draw(st.integers(0, 3))] = data.draw(st.binary(max_size=3))

    assert loaded(folder, signed(bytes(body))) in (Responses, type(None))


json_like = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)


@settings(deadline=None)
@given(json_like)
def test_any_description_is_believed_or_worthless(folder: Path, description: object) -> None:
    body = pack("key", {"digest": digest(QUESTION), "description": description})

    assert loaded(folder, signed(body)) in (Responses, type(None))
