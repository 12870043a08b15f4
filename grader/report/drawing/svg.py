"""What charts and heat maps share."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Label:
    """A text in a picture."""

    x: float
    y: float
    text: str
    anchor: str
