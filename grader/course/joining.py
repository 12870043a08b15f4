"""Finds out which people of a roster handed in what."""

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from grader.course.identity import HandedIn, Identity, folded, same, spellings, words
from grader.course.roster import Person
from grader.errors import UsageError
from grader.submission.archive import stem

_MOST_IN_A_GROUP = 6
"""A group of more people is a tutorial or a section, in which each hands in their own work."""
_JOINING = ("and", "und", "et", "y", "e", "en")
_GROUP_WORDS = ("team", "group", "gruppe", "groupe", "grupo", "pair")
_NUMBERED = re.compile(r"[^\W\d_][^\d]*?[ /_-]*(\d+)")


@dataclass(frozen=True)
class Matched:
    """Submissions and people brought together."""

    people: tuple[tuple[Person, ...], ...]
    """The people of each submission; empty if no person in the roster has it."""
    missing: tuple[Person, ...]
    """People without a submission."""
    guessed: tuple[int, ...] = ()
    """Numbers of the submissions whose folder names two people, or that a group shares."""


@dataclass(frozen=True)
class _Claim:
    """A person who may have handed in the submission `place`."""

    place: int
    folder: str
    who: Identity


_Keys = Iterable[str]


@dataclass(frozen=True)
class _Way:
    """A way to find out that a claim and a person are the same: they have a key in common."""

    of_claim: Callable[[_Claim], _Keys]
    of_person: Callable[[Person], _Keys]
    shared: bool = False
    """Whether several people may have one submission."""
    strict: bool = True
    """Whether an ambiguity is an error."""


def _ids(person: Person) -> Iterator[str]:
    for one in (person.id, person.email, *person.ids):
        if one:
            yield folded(one)
            numbered = _NUMBERED.fullmatch(one)
            if numbered:
                yield f"participant {numbered[1]}"  # Moodle, in any language


def _claimed_ids(claim: _Claim) -> Iterator[str]:
    yield folded(claim.folder)
    for one in (claim.who.id, claim.who.email):
        if one:
            yield folded(one)
    if claim.who.number:
        yield f"participant {claim.who.number}"


def _local(email: str) -> str:
    return folded(email.partition("@")[0])


def _named(text: str) -> Iterator[str]:
    return iter({*spellings(text)} - {""})


def _without_group(name: str) -> str:
    """Return the name behind a group's, as Moodle writes `Team 1-Jane Doe`; empty if there is no group."""
    group, _, rest = name.partition("-")
    return rest if {*words(group)} & {*_GROUP_WORDS} or any(c.isdigit() for c in group) else ""


_WAYS = (
    _Way(lambda c: [c.folder], lambda p: [p.folder], shared=True, strict=False),
    _Way(lambda c: [same(c.folder)], lambda p: [same(p.folder)], shared=True, strict=False),
    _Way(
        lambda c: [folded(c.folder), folded(c.who.name)],
        lambda p: [folded(p.folder), folded(stem(p.folder))],
        shared=True,
    ),
    _Way(lambda c: [c.folder, c.who.id, c.who.email], lambda p: [p.id, p.email, *p.ids], strict=False),
    _Way(_claimed_ids, _ids),
    _Way(lambda c: [folded(c.folder), folded(c.who.name)], lambda p: [folded(p.group)], shared=True),
    _Way(
        lambda c: [folded(c.folder), folded(c.who.id), _local(c.who.email)],
        lambda p: [_local(one) for one in (p.email, *p.ids) if "@" in one],
    ),
    _Way(lambda c: _named(c.who.name or c.folder), lambda p: _named(p.name)),
    _Way(lambda c: _named(_without_group(c.who.name)), lambda p: _named(p.name)),
)
"""The best first: a person found in one way is not looked for in the next ones."""


def join(people: Sequence[Person], handed: Sequence[HandedIn], where: str = "the roster") -> Matched:
    """Bring `people` and what was `handed` in together.

    No person has two submissions. A name that is spelt as in the roster belongs to that person; a name
    that is spelt in another way, or an id or a name within it, does so if no other person fits.
    Raises `UsageError` if two fit equally well; it names both.
    """
    names = Counter(one.name for one in handed)
    claims = [
        _Claim(place, one.name, who)
        for place, one in enumerate(handed)
        if names[one.name] == 1  # else several folders of one name were given by hand
        for who in one.authors or (Identity(),)
    ]
    found: dict[int, list[Person]] = {place: [] for place in range(len(handed))}
    free = list(people)
    for way in _WAYS:
        for claim, persons in list(_matches(way, claims, free, where)):
            claims.remove(claim)
            found[claim.place] += persons
            free = [person for person in free if person not in persons]
    guessed = []
    for claim in claims:
        pair = () if found[claim.place] or handed[claim.place].authors else _pair(claim.folder, free)
        if pair:
            guessed.append(claim.place)
            found[claim.place] += pair
            free = [person for person in free if person not in pair]
    for person in list(free):
        place = _of_group(person, people, found)
        if place is not None:
            guessed.append(place)
            found[place].append(person)
            free.remove(person)
    return Matched(tuple(tuple(found[place]) for place in range(len(handed))), tuple(free), tuple(guessed))


def _matches(
    way: _Way, claims: Sequence[_Claim], people: Sequence[Person], where: str
) -> Iterator[tuple[_Claim, list[Person]]]:
    of_person: dict[str, list[int]] = {}
    for number, person in enumerate(people):
        for key in {*way.of_person(person)} - {""}:
            of_person.setdefault(key, []).append(number)
    fits = [
        sorted({n for key in {*way.of_claim(claim)} - {""} for n in of_person.get(key, ())})
        for claim in claims
    ]
    wanted = Counter(n for numbers in fits for n in numbers)
    for claim, numbers in zip(claims, fits, strict=True):
        if not numbers:
            continue
        persons = [people[n] for n in numbers]
        if len(persons) > 1 and not (way.shared and len({p.folder or p.group for p in persons}) == 1):
            numbered = [p for p in persons if claim.who.number and claim.who.number in (p.id, *p.ids)]
            persons = numbered if len(numbered) == 1 else persons
            if len(persons) > 1:
                if way.strict:
                    raise UsageError(_two_people(claim, persons, where))
                continue
        elif wanted[numbers[0]] > 1:
            rivals = [other for other, theirs in zip(claims, fits, strict=True) if numbers[0] in theirs]
            rightful = [
                r for r in rivals if r.who.number and r.who.number in (persons[0].id, *persons[0].ids)
            ]
            if len(rightful) == 1:
                if claim is not rightful[0]:
                    continue
            elif way.strict and len({rival.place for rival in rivals}) > 1:
                raise UsageError(_two_folders(rivals, persons[0], where))
            else:
                continue
        yield claim, persons


def _two_people(claim: _Claim, persons: Sequence[Person], where: str) -> str:
    listed = " and ".join(f"{person} in line {person.line}" for person in persons[:3])
    return (
        f"{where}: {same(claim.folder)} may be of {listed}. "
        "Write the folder as it is spelt into the column `folder` of the right line."
    )


def _two_folders(rivals: Sequence[_Claim], person: Person, where: str) -> str:
    listed = " and ".join(same(rival.folder) for rival in rivals[:3])
    return (
        f"{where}, line {person.line}: {listed} may both be of {person}. "
        "Write the right one as it is spelt into the column `folder`."
    )


def _pair(folder: str, free: Sequence[Person]) -> list[Person]:
    """Return the people whose names or ids a folder consists of, as `ana_bob`; empty for an unknown part."""
    for parts in (re.split(r"\s*(?:&|\+|,|;)\s*|\s+(?:and|und|et)\s+", folder), words(folder)):
        named = [part for part in parts if part.casefold() not in (*_JOINING, *_GROUP_WORDS)]
        if len(named) < 2 or len(named) > _MOST_IN_A_GROUP:
            continue
        for keys in (_whole_keys, _first_keys):
            fits = [[p for p in free if " ".join(words(part)) in keys(p)] for part in named]
            if all(len(one) == 1 for one in fits):
                found = [one[0] for one in fits]
                if len({person.id for person in found}) == len(found):
                    return found
    return []


def _whole_keys(person: Person) -> set[str]:
    names = (person.id, *person.ids, person.folder, person.email.partition("@")[0])
    return {" ".join(words(name)) for name in names if name} | {
        *_named(person.name),
        " ".join(words(person.name)),
    }


def _first_keys(person: Person) -> set[str]:
    first = person.name.rpartition(",")[2] if "," in person.name else person.name
    return {*words(first)[:1]}


def _of_group(person: Person, people: Sequence[Person], found: Mapping[int, Sequence[Person]]) -> int | None:
    """Return the submission of a person's group, if there is exactly one."""
    members = [other for other in people if other.group and folded(other.group) == folded(person.group)]
    if not person.group or len(members) > _MOST_IN_A_GROUP:
        return None
    places = {place for place, persons in found.items() if any(one in members for one in persons)}
    return next(iter(places)) if len(places) == 1 else None
