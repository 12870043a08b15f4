"""What the machine suggests about an answer in words; people decide."""

from grader.results.message import Message, Record


class Sight(Record):
    """Whether the machine sees a rubric item in an answer, and where."""

    item: str
    seen: bool
    contradicted: bool = False
    """Whether the answer also says the opposite."""
    marks: tuple[tuple[int, int], ...] = ()
    """Sentences that say it: first and last character, the last one not counted."""


class Suggestion(Record):
    """What the machine suggests."""

    points: float | None
    """None if it suggests none, because a person should look first."""
    sights: tuple[Sight, ...]
    flags: tuple[Message, ...] = ()
    """Why a person should look first."""

    @property
    def seen(self) -> tuple[str, ...]:
        """The items that are seen and not contradicted."""
        return tuple(one.item for one in self.sights if one.seen and not one.contradicted)
