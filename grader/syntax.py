"""Parsing of Python source: an author's, and, within limits, a stranger's."""

import ast
import codecs
import importlib.util
import io
import re
import threading
import tokenize
import unicodedata
import warnings

from grader.errors import UnreadableSource

LONGEST = 1 << 17
"""Characters of a stranger's source that is parsed; what a person writes is shorter."""
_MOST_BRACES = 2000
"""Braces in a source: Python scans a whole f-string again for each of its fields."""
_MOST_COMBINING = 30
"""Combining marks on one letter: Python sorts those in a name in quadratic time."""
_COOKIE = re.compile(rb"[ \t\f]*#.*?coding[:=][ \t]*([-\w.]+)")  # from PEP 263
_LONGEST_CODEC = 40  # characters
_CODECS = {
    *("utf-8", "utf-8-sig", "ascii", "koi8-r", "koi8-u", "mac-roman"),
    *("big5", "cp949", "euc_jp", "euc_kr", "gb18030", "gb2312", "gbk", "shift_jis"),
    *(f"iso8859-{part}" for part in range(1, 17)),
    *(f"cp{page}" for page in (437, 850, 852, 932, *range(1250, 1259))),
}
"""Encodings that people save text in. Of Python's others, punycode takes seconds and some hide the source."""

_ONE_AT_A_TIME = threading.Lock()
"""Python 3.11 keeps one recursion count for all threads that parse: two at once raise `SystemError`."""


def parse(source: str | bytes) -> ast.Module:
    """Return the syntax tree of a source; Python's warnings about it are not printed.

    Raises the exceptions of `ast.parse`.
    """
    with _ONE_AT_A_TIME, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return ast.parse(source)


def parse_strangers(source: str) -> ast.Module:
    """Return the syntax tree of a source that a stranger wrote.

    Raises `SyntaxError` if it is not Python, `UnreadableSource` if it would take too much time or memory.
    """
    if is_long(source):
        raise UnreadableSource("it is too long")
    if _most_combining(source) > _MOST_COMBINING:
        raise UnreadableSource(f"a letter in it has more than {_MOST_COMBINING} accents")
    try:
        return parse(source)
    except ValueError as error:  # a null byte
        raise SyntaxError(str(error)) from None
    except (RecursionError, MemoryError):
        raise UnreadableSource("it is nested too deep") from None


def is_long(source: str) -> bool:
    """Whether a source is too long to be parsed."""
    return len(source) > LONGEST or source.count("{") > _MOST_BRACES


def decoded(data: bytes) -> str:
    """Return the text of a stranger's file, as an import reads it.

    Raises `SyntaxError` if it is not text, `UnreadableSource` if its encoding is not accepted.
    """
    check_encoding(data)
    try:
        return importlib.util.decode_source(data)
    except UnicodeDecodeError as error:
        raise SyntaxError(str(error)) from None


def check_encoding(data: bytes) -> None:
    """Raise `UnreadableSource` if a file declares an encoding that is not accepted.

    Raises `SyntaxError` if Python does not know the encoding.
    """
    found = [_COOKIE.match(line) for line in data.split(b"\n", 2)[:2]]
    if any(cookie and len(cookie[1]) > _LONGEST_CODEC for cookie in found):
        raise UnreadableSource("it declares an encoding that nothing knows")
    name = tokenize.detect_encoding(io.BytesIO(data).readline)[0]
    if codecs.lookup(name).name not in _CODECS:
        raise UnreadableSource(f"it declares the encoding {name}; save it as UTF-8")


def _most_combining(text: str) -> int:
    """Return the length of the longest run of combining marks."""
    most = run = 0
    if not text.isascii():
        for character in text:
            run = run + 1 if unicodedata.combining(character) else 0
            most = max(most, run)
    return most
