"""Questions that are answered in words, with their rubrics, as reports and people who decide need them."""

from grader.results.message import Record


class RubricItem(Record):
    """One thing that an answer says or gets wrong, with its points."""

    name: str
    title: str
    points: float
    """Negative for something that costs points."""
    explanation: str = ""


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
