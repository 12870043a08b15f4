"""Questions that are answered in words, with their rubrics, as reports and people who decide need them."""

from pydantic import Field

from grader.results.message import Record


class Hint(Record):
    """How an answer may say something: all of this within a sentence, or two that follow each other.

    A group is a list of words or phrases of which one must be there: `"share|reuse|the same"`. A word stands
    for its forms too, and `vanish*` for everything that begins so.
    """

    all: tuple[str, ...] = ()
    """Groups that must be said, and not denied."""
    denied: tuple[str, ...] = ()
    """Groups that must be denied: `not`, `never`, `without` and the like go before them."""
    formulas: tuple[str, ...] = ()
    """Formulas in TeX of which one must be there, whatever the order of sums and products."""
    numbers: tuple[float, ...] = ()
    """Numbers of which one must be there."""


class RubricItem(Record):
    """One thing that an answer says or gets wrong, with its points."""

    name: str = Field(pattern=r"^[a-z0-9_]+$")
    title: str = Field(min_length=1)
    points: float = Field(allow_inf_nan=False)
    """Negative for something that costs points."""
    explanation: str = ""
    hints: tuple[Hint, ...] = ()
    """The machine sees the item if one of them holds."""
    against: tuple[Hint, ...] = ()
    """What contradicts it."""
    automatic: bool = False
    """Whether the machine gives it by itself; a question is decided so only if all its items are."""

    @property
    def public(self) -> "RubricItem":
        """The item as students see it: without hints."""
        return self.model_copy(update={"hints": (), "against": ()})


class Question(Record):
    """A question in words."""

    task: str
    check: str
    """Its number, such as `1.1.2`."""
    title: str
    points: float
    statement: str
    model: str
    """The author's answer, which no student sees before it is released."""
    items: tuple[RubricItem, ...]

    def worth(self, names: tuple[str, ...]) -> float:
        """Return the points of an answer for which these items hold, from 0 to those of the question."""
        whole = sum(item.points for item in self.items if item.name in names)
        return round(min(max(whole, 0.0), self.points), 6)
