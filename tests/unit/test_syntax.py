"""A source is parsed without a word on the terminal, and by one thread at a time."""

import ast
import gc
import sys
import threading
import time
import warnings
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from grader.errors import UnreadableSource
from grader.syntax import decoded, parse, parse_strangers

SOURCE = "def f(x):\n    return [[(x + 1) * 2, {'a': [x]}], lambda y: (y, (y, (y,)))]\n" * 40


@pytest.fixture
def hurried() -> Iterator[None]:
    """Have threads take turns wherever objects are made."""
    threshold, interval = gc.get_threshold(), sys.getswitchinterval()

    def turn(phase: str, info: object) -> None:
        time.sleep(0)

    gc.callbacks.append(turn)
    gc.set_threshold(50)
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(interval)
    gc.set_threshold(*threshold)
    gc.callbacks.remove(turn)


# Coverage traces each new thread, and CPython cannot install two trace functions at once.
@pytest.mark.skipif(threading.gettrace() is not None, reason="threads are traced")
def test_many_threads_get_the_tree_that_one_gets(hurried: None) -> None:
    expected = ast.dump(ast.parse(SOURCE))
    with ThreadPoolExecutor(4) as pool:
        trees = list(pool.map(lambda _: ast.dump(parse(SOURCE)), range(24)))

    assert set(trees) == {expected}


def test_what_python_warns_of_is_not_for_the_terminal() -> None:
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        parse("x = 1 is 1\n")

    assert caught == []


@pytest.mark.parametrize(("source", "error"), [("x =", SyntaxError), (b"\xff", SyntaxError)])
def test_what_is_no_python_is_an_error(source: str | bytes, error: type[Exception]) -> None:
    with pytest.raises(error):
        parse(source)


# What a stranger wrote


def test_a_strangers_source_gives_the_tree_that_python_gives() -> None:
    assert ast.dump(parse_strangers(SOURCE)) == ast.dump(ast.parse(SOURCE))


@pytest.mark.parametrize("source", ["x =", "x = 1\0", "x = '\ud800'", "(" * 5000])
def test_what_python_does_not_import_either_is_a_syntax_error(source: str) -> None:
    with pytest.raises(SyntaxError):
        parse_strangers(source)


@pytest.mark.parametrize(
    "source",
    [
        "x\n" * 100_000,
        "x = f'" + "{y}" * 3000 + "'",
        "x" + "\u0327\u0301" * 50,
        "x = " + "-" * 50_000 + "1",
        "x = y" + ".z" * 50_000,
    ],
    ids=["long", "fields", "marks", "signs", "attributes"],
)
def test_what_takes_much_time_or_memory_is_not_parsed(source: str) -> None:
    with pytest.raises(UnreadableSource):
        parse_strangers(source)


@pytest.mark.parametrize(
    "name", ["utf-8", "UTF_8", "utf-8-unix", "latin1", "cp1252", "gbk", "koi8_r", "ascii"]
)
def test_a_source_is_read_in_the_encoding_that_it_declares(name: str) -> None:
    text = f"# -*- coding: {name} -*-\nx = 1\n"

    assert decoded(text.encode()) == text


def test_letters_of_another_encoding_are_read() -> None:
    assert decoded("# coding: cp1251\nж = 1\r\n".encode("cp1251")) == "# coding: cp1251\nж = 1\n"


@pytest.mark.parametrize("data", [b"\xff", b"# coding: nothing\n", b"# coding: ascii\n\xe9"])
def test_bytes_that_are_no_text_are_a_syntax_error(data: bytes) -> None:
    with pytest.raises(SyntaxError):
        decoded(data)


@pytest.mark.parametrize("name", ["punycode", "idna", "utf-7", "rot13", "unicode_escape", "hex", "utf-16"])
def test_an_encoding_that_no_person_saves_a_source_in_is_refused(name: str) -> None:
    with pytest.raises(UnreadableSource, match=f"declares the encoding {name}"):
        decoded(f"# coding: {name}\n".encode())
