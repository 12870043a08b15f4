"""The answer key gives back what was stored, or nothing."""

import hashlib
import os
import sqlite3
import stat
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from grader.asking.answer_cache import FILE, AnswerCache, code_digest, digest
from grader.asking.questions import CheckInfo, Description, Question, Responses
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


def entry(folder: Path, **values: object) -> None:
    """Write into the only entry of a key, as nobody but its owner can."""
    with closing(sqlite3.connect(folder / FILE, isolation_level=None)) as base:
        for name, value in values.items():
            base.execute(f"UPDATE answers SET {name} = ?", (value,))


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

    assert os.listdir(tmp_path / "key") == [FILE]


def harmed(tmp_path: Path, whole: bytes) -> tuple[Responses | None, Responses | None]:
    """Return what a harmed file gives, and what it gives once answers were stored again."""
    file(tmp_path).write_bytes(whole)
    key = AnswerCache(tmp_path / "key")
    before = key.load(QUESTION)
    key.store(QUESTION, asked())
    return before, key.load(QUESTION)


def test_a_damaged_byte_gives_no_other_answers(key: AnswerCache, tmp_path: Path) -> None:
    whole = file(tmp_path).read_bytes()
    wrong = []
    for at in range(0, len(whole), 61):
        before, after = harmed(tmp_path, whole[:at] + bytes([whole[at] ^ 1]) + whole[at + 1 :])
        if before not in (None, asked()) or after != asked():
            wrong.append(at)

    assert wrong == []


def test_a_file_that_is_cut_short_gives_no_other_answers(key: AnswerCache, tmp_path: Path) -> None:
    whole = file(tmp_path).read_bytes()
    wrong = []
    for size in range(0, len(whole), 509):
        before, after = harmed(tmp_path, whole[:size])
        if before not in (None, asked()) or after != asked():
            wrong.append(size)

    assert wrong == []


def test_an_entry_that_answers_another_question_is_worthless(key: AnswerCache, tmp_path: Path) -> None:
    entry(tmp_path / "key", digest=digest(OTHER))

    assert key.load(OTHER) is None


@pytest.mark.parametrize("data", [None, 5, "text", b"", b"short"])
def test_an_entry_of_another_kind_is_worthless(tmp_path: Path, data: object) -> None:
    with closing(sqlite3.connect(tmp_path / FILE)) as base:
        base.execute("CREATE TABLE answers (digest, used, data)")
        base.execute("INSERT INTO answers VALUES (?, 'never', ?)", (digest(QUESTION), data))
        base.commit()

    assert AnswerCache(tmp_path).load(QUESTION) is None


def test_a_file_of_another_making_is_replaced(tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / FILE)) as base:
        base.execute("CREATE TABLE answers (something_else)")
    key = AnswerCache(tmp_path)
    key.store(QUESTION, asked())

    assert key.load(QUESTION) == asked()


@pytest.mark.parametrize(
    "body",
    [
        pack("key", {}),
        pack("other", {"digest": digest(QUESTION), "description": None}),
        pack("key", {"digest": digest(QUESTION), "description": {"forbid": 5}}),
        pack("key", {"digest": digest(QUESTION), "description": None}) + pack("answer", {}),
        pack_answer(Answer("step", 0, {})),
        b"no message",
        b"",
    ],
)
def test_a_whole_entry_with_something_else_inside_is_worthless(
    key: AnswerCache, tmp_path: Path, body: bytes
) -> None:
    entry(tmp_path / "key", data=signed(body))

    assert key.load(QUESTION) is None


def test_a_folder_that_cannot_be_made_keeps_nothing(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    key = AnswerCache(tmp_path / "file" / "key")
    key.store(QUESTION, asked())

    assert key.load(QUESTION) is None


def test_a_folder_in_place_of_the_file_keeps_nothing(tmp_path: Path) -> None:
    (tmp_path / FILE).mkdir()
    key = AnswerCache(tmp_path)
    key.store(QUESTION, asked())

    assert (key.load(QUESTION), os.listdir(tmp_path)) == (None, [FILE])


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
def test_the_name_of_an_entry_depends_on_all_that_the_answers_depend_on(other: Question) -> None:
    assert digest(other) != digest(QUESTION)


def test_the_order_of_the_files_does_not_matter() -> None:
    one, other = ({"a.py": b"1", "b.py": b"2"}, {"b.py": b"2", "a.py": b"1"})

    assert digest(Question("", "a", one, 0)) == digest(Question("", "a", other, 0))


# Not too much


def numbered(number: int) -> Question:
    return Question("", "m", {}, number)


def large() -> Responses:
    """Return answers of some 80 KB."""
    return Responses(answers={"step": {0: Answer("step", 0, {"h": Tensor("float64", np.zeros(10_000))})}})


def held(key: AnswerCache, count: int) -> list[int]:
    return [number for number in range(count) if key.holds(numbered(number))]


def test_the_digest_of_our_own_code_changes_with_any_of_its_files(tmp_path: Path) -> None:
    found = set()
    for number, path in enumerate(("a.py", "b/c.py", "b/d.py")):
        for text in ("x = 1", "x = 2"):
            (tmp_path / str(number) / path).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / str(number) / path).write_text(text)
            paths = (str(tmp_path / str(number) / path.partition("/")[0]),)
            found.add(code_digest(paths))

    assert len(found) == 6


def test_many_answers_are_one_file(tmp_path: Path) -> None:
    key = AnswerCache(tmp_path)
    for number in range(500):
        key.store(numbered(number), Responses())

    assert (os.listdir(tmp_path), held(key, 500)) == ([FILE], list(range(500)))


def test_the_file_grows_no_further_than_it_may_and_the_newest_answers_stay(tmp_path: Path) -> None:
    key = AnswerCache(tmp_path, most=1 << 20)
    sizes = []
    for number in range(40):
        key.store(numbered(number), large())
        sizes.append((tmp_path / FILE).stat().st_size)
    kept = held(key, 40)

    assert (max(sizes) < (1 << 20) + 200_000, kept[-8:], kept == list(range(kept[0], 40))) == (
        True,
        list(range(32, 40)),
        True,
    )


def test_what_was_used_last_stays(tmp_path: Path) -> None:
    key = AnswerCache(tmp_path, most=1 << 20)
    for number in range(10):
        key.store(numbered(number), large())
    entry(tmp_path, used=0)  # as if that had been long ago
    key.load(numbered(0))
    for number in range(10, 18):
        key.store(numbered(number), large())

    assert (0 in held(key, 18), 1 in held(key, 18)) == (True, False)


def test_answers_larger_than_all_the_room_are_not_kept_and_do_no_harm(tmp_path: Path) -> None:
    key = AnswerCache(tmp_path, most=1 << 16)
    key.store(numbered(0), large())
    key.store(numbered(1), Responses())

    assert held(key, 2) == [1]


# A folder that is not ours alone


def test_the_folder_is_for_its_owner_alone(key: AnswerCache, tmp_path: Path) -> None:
    assert stat.S_IMODE((tmp_path / "key").stat().st_mode) == 0o700


@pytest.mark.parametrize("mode", [0o777, 0o770, 0o702, 0o1777])
def test_a_folder_that_others_may_write_to_is_not_used(key: AnswerCache, tmp_path: Path, mode: int) -> None:
    (tmp_path / "key").chmod(mode)
    new = AnswerCache(tmp_path / "key")
    new.store(OTHER, Responses())

    assert (new.load(QUESTION), new.holds(OTHER), key.holds(OTHER)) == (None, False, False)


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="only root gives folders away")
def test_a_folder_of_another_user_is_not_used(key: AnswerCache, tmp_path: Path) -> None:
    os.chown(tmp_path / "key", 65534, 65534)

    assert AnswerCache(tmp_path / "key").load(QUESTION) is None


def test_a_link_in_place_of_the_folder_is_not_followed(key: AnswerCache, tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to("key")

    assert AnswerCache(tmp_path / "link").load(QUESTION) is None


# Whatever a file holds


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder whose only entry is overwritten again and again."""
    made = tmp_path_factory.mktemp("anything")
    AnswerCache(made).store(QUESTION, Responses())
    return made


def whole() -> bytes:
    """Return what an entry holds behind its digest."""
    description = Description(forbid=("torch.nn.LSTM",), checks=(CHECK,)).model_dump(mode="json")
    body = pack("key", {"digest": digest(QUESTION), "description": description})
    return body + b"".join(pack_answer(a) for found in asked().answers.values() for a in found.values())


def loaded(folder: Path, data: bytes) -> type:
    entry(folder, data=data)
    return type(AnswerCache(folder).load(QUESTION))


def signed(body: bytes) -> bytes:
    """Return an entry whose digest is that of its bytes, as if it had been written like this."""
    return hashlib.sha256(body).digest() + body


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


def test_answers_depend_on_the_libraries_that_an_assignment_allows() -> None:
    assert digest(replace(QUESTION, libraries=("tqdm",))) != digest(QUESTION)
