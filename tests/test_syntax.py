"""A source is parsed without a word on the terminal, and by one thread at a time."""

import ast
import gc
import sys
import time
import warnings
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from grader.syntax import parse

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
