"""Formulas in TeX as MathML, which browsers show without a script."""

import re
from xml.etree import ElementTree

from markupsafe import Markup, escape

from grader.report.visible import visible

_ELEMENTS = {
    *("math", "mrow", "mi", "mn", "mo", "mtext", "mspace", "mstyle", "mpadded", "mphantom", "mfrac", "msqrt"),
    *("mroot", "msub", "msup", "msubsup", "mover", "munder", "munderover", "mtable", "mtr", "mtd"),
}
_ATTRIBUTES = {"display", "mathvariant", "stretchy", "fence", "separator", "width", "minsize", "maxsize"}
_VALUE = re.compile(r"[\w.-]{1,20}")
_DEEPEST = 60


def mathml(tex: str) -> Markup:
    """Return a formula as markup with elements of MathML alone; as its TeX if it cannot be read."""
    try:
        # Here, because it takes 50 ms that most pages do not need.
        from latex2mathml.converter import convert

        root = ElementTree.fromstring(convert(tex, display="inline"))
        return _written(root, 0)
    except Exception:  # the library raises its own errors, and many of Python's
        return Markup("<code>{}</code>").format(visible(tex))


def _written(element: ElementTree.Element, depth: int) -> Markup:
    name = element.tag.rpartition("}")[2]
    if name not in _ELEMENTS or depth > _DEEPEST:
        raise ValueError(f"{name} is no element that is shown")
    held = "".join(
        Markup(' {}="{}"').format(key, value)
        for key, value in element.attrib.items()
        if key in _ATTRIBUTES and _VALUE.fullmatch(value)
    )
    text = escape(visible(element.text or ""))
    inner = Markup("").join(_written(child, depth + 1) for child in element)
    return Markup(f"<{name}{held}>") + text + inner + Markup(f"</{name}>")
