"""Tables with named axes, ready to be written down."""

from dataclasses import dataclass

_NARROW = 30
"""Characters that fit beside each other on a phone."""


@dataclass(frozen=True)
class Cell:
    """A number and whether it is wrong."""

    text: str
    wrong: bool = False


@dataclass(frozen=True)
class Row:
    """Cells beside each other, with what stands before them."""

    label: str
    cells: tuple[Cell, ...]


@dataclass(frozen=True)
class Group:
    """Rows that belong together: one slice of a tensor."""

    label: str
    rows: tuple[Row, ...]


@dataclass(frozen=True)
class Table:
    """Groups of rows below one line of column headers."""

    name: str
    """What a screen reader says for the table, unlike that of any other on the page."""
    row_axis: str
    column_axis: str
    columns: tuple[str, ...]
    groups: tuple[Group, ...]

    @property
    def has_labels(self) -> bool:
        """Whether something stands before the cells of a row."""
        return any(row.label for group in self.groups for row in group.rows)

    @property
    def scrolls(self) -> bool:
        """Whether the table may be too wide for a phone, so that a keyboard has to reach it."""
        widths = [
            sum(len(cell.text) + 2 for cell in row.cells) + len(row.label)
            for group in self.groups
            for row in group.rows
        ]
        header = sum(len(column) + 2 for column in self.columns) + len(self.row_axis)
        return max([header, *widths]) > _NARROW
