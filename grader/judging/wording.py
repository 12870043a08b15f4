"""Words of an answer: what is said in which sentence, and what of it is denied.

A word is compared by its stem, with small typing slips. A word after `not`, `without`, `prevents` and the
like is denied until its clause ends.
"""

import bisect
import functools
import itertools
import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass


def word_set(text: str) -> frozenset[str]:
    """Return the words of a text."""
    return frozenset(text.split())


_TOKEN = re.compile(
    r"\\?[a-z]'?(?:_\{[^{}]{1,12}\}|_\(?[a-z0-9](?:[+-]1)?\)?|\([a-z](?:[+-]1)?\))"  # c_{t-1}, c_t-1, c(t-1)
    r"|\\[a-z]+|[a-z]+(?:['-][a-z]+)*|\d+(?:[.,]\d+)*|[<>=]"
)
_END = re.compile(r"[.!?](?=\s|$)|\n\s*\n|\n(?=\s*(?:[-*•+]|\d{1,2}[.)])\s)|;|(?<=:)\s*\n")
_NEGATORS = word_set(
    """
    not no never without neither nor none nothing cannot hardly barely rarely independent regardless
    irrespective unlike instead prevent prevents preventing prevented avoid avoids avoiding avoided
    mitigate mitigates mitigating mitigated solve solves solving solved overcome overcomes alleviate
    alleviates alleviating fail fails unable stops counter counters combat combats reduce reduces
    reducing keine kein nicht nie ohne
    """
)
_SOFT = word_set(
    """
    reduce reduces reducing solve solves solving solved overcome overcomes counter counters
    """
)
"""They deny what a problem is called, and nothing else: "reduces the vanishing of gradients"."""
_CLAUSE = word_set(
    """
    but because since so while whereas although though which therefore thus hence however and
    instead rather as unless if when where
    """
)
_CONTRACTED = re.compile(r"n't$|nt$")
_LIKE_LATIN = str.maketrans("аеорсухіјѕԁⅼ", "aeopcyxijsdl")
"""Letters of other scripts that look like Latin ones."""
_MOST = 20_000
_MOST_WORDS = 2_000
"""Words of an answer that are looked at; people write fewer."""


@dataclass(frozen=True)
class Token:
    """A word, a number or a symbol."""

    word: str
    stem: str
    start: int
    """In the answer as it was written."""
    end: int
    denied: bool = False


@dataclass(frozen=True)
class Sentence:
    """A sentence with its place in the answer."""

    tokens: tuple[Token, ...]
    start: int
    end: int


@dataclass(frozen=True)
class Normal:
    """A text in small letters and plain characters, with the place of each in the text as it was written."""

    text: str
    origin: tuple[int, ...]

    def place(self, at: int, whole: int) -> int:
        """Return where a character was; `whole` is the length of the original."""
        return self.origin[at] if at < len(self.origin) else whole


def normalised(text: str) -> Normal:
    """Return a text without what makes equal words look different."""
    letters: list[str] = []
    origin: list[int] = []
    for at, character in enumerate(text[:_MOST]):
        if unicodedata.category(character) == "Cf":  # zero width
            continue
        plain = unicodedata.normalize("NFKC", character).casefold().translate(_LIKE_LATIN)
        plain = plain.translate(_QUOTES)
        for one in plain:
            letters.append(one)
            origin.append(at)
    return Normal("".join(letters), tuple(origin))


_QUOTES = str.maketrans(
    {
        "’": "'",
        "‘": "'",
        "´": "'",
        "`": "'",
        "“": '"',
        "”": '"',
        "„": '"',
        "–": "-",
        "—": ";",
        "−": "-",
        "→": " ",
    }
)


def sentences(text: str) -> list[Sentence]:
    """Return the sentences of an answer."""
    normal = normalised(text)
    bounds = [0, *(found.end() for found in _END.finditer(normal.text)), len(normal.text)]
    found: list[Sentence] = []
    left = _MOST_WORDS
    for begin, end in itertools.pairwise(bounds):
        tokens = tuple(itertools.islice(_tokens(normal, begin, end, len(text)), left))
        left -= len(tokens)
        if tokens:
            found.append(
                Sentence(
                    _with_denials(tokens, normal.text[begin:end], begin, normal),
                    tokens[0].start,
                    tokens[-1].end,
                )
            )
    return found


def _tokens(normal: Normal, begin: int, end: int, whole: int) -> Iterator[Token]:
    for found in _TOKEN.finditer(normal.text, begin, end):
        word = _symbol(found[0])
        last = normal.place(found.end() - 1, whole) + 1
        yield Token(word, stem(word), normal.place(found.start(), whole), last)


def _symbol(word: str) -> str:
    """Return a symbol with its index in one way of writing: `c_{t-1}`."""
    index = re.fullmatch(r"\\?([a-z]'?)(?:_?[{(]?([a-z0-9][^{}()]*)[})]?)", word)
    if index is None or not ("_" in word or "(" in word):
        return word
    return f"{index[1]}_{{{index[2].replace(' ', '')}}}"


def _with_denials(tokens: Sequence[Token], text: str, begin: int, normal: Normal) -> tuple[Token, ...]:
    """Return tokens with those denied that a negator goes before in the same clause."""
    breaks = [normal.place(begin + found.start(), 1 << 30) for found in re.finditer(r"[,:;()]", text)]
    found = []
    denying = ""
    for number, token in enumerate(tokens):
        crossed = number > 0 and bisect.bisect(breaks, token.start) > bisect.bisect(
            breaks, tokens[number - 1].start
        )
        if crossed or (token.word in _CLAUSE and token.word not in _NEGATORS):
            denying = ""
        is_negator = token.word in _NEGATORS or bool(
            _CONTRACTED.search(token.word) and token.word in _CONTRACTIONS
        )
        after = tokens[number + 1].word if number + 1 < len(tokens) else ""
        if (
            is_negator
            and after not in ("only", "just", "nur")
            and not (number == 0 and _is_an_answer(token, after))
        ):
            denying = token.word
            found.append(token)
            continue
        denied = bool(denying) and (denying not in _SOFT or token.stem in _PROBLEMS)
        found.append(Token(token.word, token.stem, token.start, token.end, denied))
    return tuple(found)


_CONTRACTIONS = word_set(
    """
    don't doesn't didn't isn't aren't wasn't won't can't couldn't wouldn't shouldn't hasn't haven't
    dont doesnt isnt arent wont cant
    """
)


def _is_an_answer(token: Token, after: str) -> bool:
    """Whether a `no` at the beginning answers a question: "no the number stays the same"."""
    return token.word in ("no", "nein") and after in (
        "the",
        "it",
        "they",
        "this",
        "that",
        "because",
        "since",
        "as",
        "",
    )


@functools.lru_cache(maxsize=20_000)
def stem(word: str) -> str:
    """Return a word without its usual endings."""
    if len(word) < 4 or not word.isascii() or not word.replace("-", "").isalpha():
        return word
    for ending, instead in (
        ("sses", "ss"),
        ("ies", "y"),
        ("ying", "y"),
        ("ing", ""),
        ("ied", "y"),
        ("edly", ""),
        ("ed", ""),
        ("es", ""),
        ("ly", ""),
        ("s", ""),
    ):
        if word.endswith(ending) and not word.endswith("ss") and len(word) - len(ending) >= 3:
            word = word[: -len(ending)] + instead
            break
    if len(word) > 4 and word[-1] == word[-2] and word[-1] not in "lsz":
        word = word[:-1]
    return word.removesuffix("e") if len(word) > 3 else word


_PROBLEMS = frozenset(
    map(
        stem,
        ["vanish", "vanishing", "decay", "disappear", "shrink", "explode", "exploding", "fade", "problem"],
    )
)


@dataclass(frozen=True)
class Term:
    """A word or a phrase, as an author wrote it."""

    parts: tuple[tuple[str, bool], ...]
    """Each a stem, or the beginning of a word."""

    @classmethod
    def of(cls, text: str) -> "Term":
        """Return the term that an author wrote: `cell state`, `vanish*`."""
        parts = []
        for word in normalised(text).text.split():
            begins = word.endswith("*")
            bare = _symbol(word.rstrip("*"))
            parts.append((bare if begins else stem(bare), begins))
        return cls(tuple(parts))

    def places(self, tokens: Sequence[Token]) -> Iterator[tuple[int, int]]:
        """Yield the first and the last token of each occurrence; one other word may stand between two."""
        for start in range(len(tokens)):
            at = start
            for number, part in enumerate(self.parts):
                near = range(at, min(at + (1 if number == 0 else 2), len(tokens)))
                step = next((place for place in near if _is(tokens[place], part)), None)
                if step is None:
                    break
                at = step + 1
            else:
                yield start, at - 1


def _is(token: Token, part: tuple[str, bool]) -> bool:
    wanted, begins = part
    if begins:
        return token.word.startswith(wanted)
    if token.stem == wanted or token.word == wanted:
        return True
    return (
        len(wanted) >= 6
        and abs(len(wanted) - len(token.stem)) <= 1
        and token.stem[:1] == wanted[:1]
        and _one_slip(token.stem, wanted)
    )


@functools.lru_cache(maxsize=50_000)
def _one_slip(word: str, wanted: str) -> bool:
    """Whether two words differ by one letter, or by two that changed places."""
    if len(word) == len(wanted):
        wrong = [at for at, (one, other) in enumerate(zip(word, wanted, strict=True)) if one != other]
        swapped = (
            len(wrong) == 2
            and wrong[1] == wrong[0] + 1
            and word[wrong[0]] == wanted[wrong[1]]
            and word[wrong[1]] == wanted[wrong[0]]
        )
        return len(wrong) <= 1 or swapped
    long, short = (word, wanted) if len(word) > len(wanted) else (wanted, word)
    return any(long[:at] + long[at + 1 :] == short for at in range(len(long)))


@functools.lru_cache(maxsize=5_000)
def group(text: str) -> tuple[Term, ...]:
    """Return the terms of a group, of which one is enough."""
    return tuple(Term.of(one) for one in text.split("|") if one.strip())
