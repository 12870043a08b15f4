"""What the machine sees in an answer in words: which rubric items, and where. It suggests; a person decides.

It works from what the author wrote: words with their synonyms, what must be denied, formulas and numbers. For
a text that it cannot trust it suggests no points: key words without sentences, or words to the grader.
"""

import itertools
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from grader.judging.formulas import says, sides
from grader.judging.wording import Sentence, Term, group, normalised, sentences, word_set
from grader.results.message import Message
from grader.results.rubric import Hint, Question, RubricItem
from grader.results.suggestion import Sight, Suggestion

Suggest = Callable[[Question, str], Suggestion]
"""Suggests for an answer: the seam for a course that has a better way, such as a language model."""

_FUNCTION_WORDS = word_set(
    """
    a an the this that these those it its they their them he we you i is are was were be been being
    has have had do does did of in on at to for from by with as into through over about between not
    no and or but because since so if when while than then there which who what how why where can
    could will would may might must should all each every one only also very more most less such der
    die das ein eine ist sind nicht und oder weil dass mit von zu im in den dem des es sie wird
    werden
    """
)
_FEWEST = 8
"""Words from which on a text has to have sentences."""
_LEAST_SHARE = 0.14
"""Share of words such as "the" and "is" in a text of sentences; in English some 40 %."""
_AFTER_ARTICLE = word_set(
    """
    is are was were of in on at to and or but because the a an than then if it they
    """
)
_ARTICLES = frozenset(("the", "a", "an"))
_TO_THE_GRADER = re.compile(
    r"(?:ignore|disregard|forget|override|bypass)\s+(?:\w+\s+){0,3}"
    r"(?:instruction|prompt|rubric|rule|guideline|criteria|direction|message)s?"
    r"|\bsystem\s*(?:prompt|message|:)"
    r"|\b(?:as|you are)\s+(?:an?\s+)?(?:ai|llm|language model|grader|assistant|grading)\b"
    r"|(?:full|maximum|max|all|highest|top|perfect)\s+(?:of\s+the\s+)?(?:possible\s+)?"
    r"(?:mark|credit|score|grade|point)s?\b"
    r"|(?:give|award|assign|grant|deserves?|mark|grade|rate|score)\s+(?:\w+\s+){0,4}"
    r"(?:point|mark|credit|score|grade|correct|answer)s?\b"
    r"|\bdear\s+(?:grader|corrector|professor|teacher|tutor|ta|instructor|sir|examiner)"
    r"|\b(?:grader|examiner|marker|corrector)s?\b|\brubric\b"
    r"|\bplease\s+(?:pass|accept|be\s+(?:kind|nice|lenient))"
    r"|volle\s+(?:punkt|punktzahl)|bitte\s+(?:\w+\s+){0,3}(?:punkte|bestehen)"
    r"|\b(?:assistant|instructions?|grade|mark|score|human|user)\s*[:=]|\bnew\s+instructions?\b|\bthe\s+student\b"
    r"|\bshould\s+(?:receive|get|be\s+(?:given|awarded))\b|\b(?:reply|respond|answer)\s+with\b|\boutput\s+\d"
    r"|\b(?:this|the|my)\s+answer\s+is\s+(?:\w+\s+)?(?:correct|right|perfect|complete)|\b\d+(?:\.\d+)?\s*/\s*(?:2\.5|10|20|100)\b"
    r"|\b(?:suggested|awarded)\s+points?\b|\"?points?\"?\s*[:=]\s*\d"
)
_HIDDEN = re.compile(
    r"<!--.*?(?:-->|$)"
    r"|<[a-z]{1,10} [^<>]{0,100}(?:display\s*:\s*none|font-size\s*:\s*0|color\s*:\s*white)[^<>]{0,100}>"
    r"[^<]*",
    re.DOTALL,
)
_MOST = 20_000
"""Characters of an answer that are looked at."""
_NUMBER = re.compile(r"\d[\d ,.\u00a0\u202f']*")
_FIRST = {"<no>": ("no", "nein", "nope"), "<yes>": ("yes", "ja", "yeah")}


@dataclass(frozen=True)
class _Read:
    """An answer as the hints look at it."""

    text: str
    sentences: tuple[Sentence, ...]
    equations: list[tuple[str, ...]]
    numbers: frozenset[float]

    @classmethod
    def of(cls, answer: str) -> "_Read":
        shown = _HIDDEN.sub(lambda found: " " * len(found[0]), answer[:_MOST])
        return cls(shown, tuple(sentences(shown)), sides(shown), frozenset(_numbers(shown)))


def suggest(question: Question, answer: str) -> Suggestion:
    """Return which items of the rubric are seen in an answer, and the points that follow.

    No points if a person should look first for a reason that concerns the whole answer.
    """
    read = _Read.of(answer)
    flags = list(_flags(answer, read))
    is_trusted = not flags
    sights = tuple(_sight(item, read) for item in question.items)
    titles = [item.title for item, sight in zip(question.items, sights, strict=True) if sight.contradicted]
    if titles:
        flags.append(Message.of("flag_contradiction", titles=tuple(titles)))
    both = any(sight.contradicted and sight.seen for sight in sights)
    seen = tuple(sight.item for sight in sights if sight.seen and not sight.contradicted)
    has_hints = any(item.hints for item in question.items)
    points = question.worth(seen) if has_hints and is_trusted and not both else None
    return Suggestion(points=points, sights=sights, flags=tuple(flags))


def _sight(item: RubricItem, read: _Read) -> Sight:
    marks = {mark for hint in item.hints for mark in _marks(hint, read, opposite=False)}
    seen = any(_holds(hint, read) for hint in item.hints)
    against = any(_holds(hint, read, plainly=True) for hint in item.against)
    opposite = any(True for hint in item.hints for _ in _marks(hint, read, opposite=True))
    return Sight(
        item=item.name,
        seen=seen,
        contradicted=against or (opposite and not seen),
        marks=tuple(sorted(marks)) if seen else (),
    )


def _holds(hint: Hint, read: _Read, plainly: bool = False) -> bool:
    """Whether everything in a hint holds; `plainly`: and nothing of it is denied in the same sentence."""
    if hint.formulas and not any(says(read.equations, formula) for formula in hint.formulas):
        return False
    if hint.numbers and not read.numbers.intersection(hint.numbers):
        return False
    if hint.all or hint.denied:
        return bool(_marks(hint, read, opposite=False, plainly=plainly))
    return bool(hint.formulas or hint.numbers)


def _marks(hint: Hint, read: _Read, opposite: bool, plainly: bool = False) -> list[tuple[int, int]]:
    """Return where all groups of a hint are said; with `opposite`, where one of them is turned round."""
    if not (hint.all or hint.denied):
        return []
    found: list[tuple[int, int]] = []
    windows: list[tuple[Sentence, ...]] = [(one,) for one in read.sentences]
    pairs = list(itertools.pairwise(read.sentences))
    for window in [*windows, *pairs]:
        if found and len(window) == 2:
            break  # two sentences only if none says it by itself
        said = [_said(one, window, read) for one in hint.all]
        if hint.denied:  # "cannot learn from inputs in the far past" denies all of it
            said = [(yes or no, no) for yes, no in said]
        denied = [_said(one, window, read) for one in hint.denied]
        right = [yes for yes, _ in said] + [no for _, no in denied]
        turned = [no and not yes for yes, no in said] + [yes and not no for yes, no in denied]
        if opposite:
            fits = len(window) == 1 and sum(turned) == 1 and sum(right) == len(right) - 1 and len(right) > 1
        else:
            fits = all(right) and not (plainly and any(no for _, no in said))
        if fits:
            found.append((window[0].start, window[-1].end))
    return found


def _said(words: str, window: Sequence[Sentence], read: _Read) -> tuple[bool, bool]:
    """Return whether one of the terms is said, and whether one is denied."""
    if words in _FIRST:
        first = read.sentences[0].tokens[0].word if read.sentences else ""
        return first in _FIRST[words] and window[0] is read.sentences[0], False
    yes = no = False
    for term in group(words):
        for sentence in window:
            for first_token, last in term.places(sentence.tokens):
                inside = sentence.tokens[first_token : last + 1]
                if any(token.denied for token in inside) and not _denies_itself(term):
                    no = True
                else:
                    yes = True
    return yes, no


def _denies_itself(term: Term) -> bool:
    """Whether a term is about a denial: `no longer`, `without a weight`."""
    return term.parts[0][0] in _DENYING


_DENYING = word_set("no not without nothing cannot fail hardly barely independent regardles")


def _flags(answer: str, read: _Read) -> list[Message]:
    """Return why the whole answer should be looked at before anything is suggested."""
    found: list[Message] = []
    answer = answer[:_MOST]
    plain = normalised(answer).text
    if _TO_THE_GRADER.search(plain):
        found.append(Message.of("flag_addresses_grader"))
    if _HIDDEN.search(answer) or any(0xE0000 <= ord(one) <= 0xE007F for one in answer):
        found.append(Message.of("flag_hidden_text"))
    if _is_a_list_of_words(read):
        found.append(Message.of("flag_key_words"))
    return found


def _is_a_list_of_words(read: _Read) -> bool:
    """Whether a text has words, and too few of those that make sentences of them."""
    words = [token.word for one in read.sentences for token in one.tokens if token.word.isalpha()]
    if len(words) < _FEWEST:
        return False
    share = sum(word in _FUNCTION_WORDS for word in words) / len(words)
    odd = sum(
        one.word in _ARTICLES and other.word in _AFTER_ARTICLE
        for sentence in read.sentences
        for one, other in itertools.pairwise(sentence.tokens)
    )
    repeated = len(words) >= 12 and len(set(words)) / len(words) < 0.3
    return share < _LEAST_SHARE or odd >= 2 or repeated


def _numbers(text: str) -> list[float]:
    """Return the numbers in a text; `20,362`, `20.362` and `20 362` are 20362 as well."""
    found: list[float] = []
    for one in _NUMBER.finditer(text[:20_000]):
        bare = one[0].strip(" ,.'\u00a0\u202f")[:40]
        found.append(float(re.sub(r"\D", "", bare)))
        if re.fullmatch(r"\d+\.\d+", bare):
            found.append(float(bare))
    return found
