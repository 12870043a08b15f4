"""Formulas of an answer in one way of writing, so that they can be compared: TeX, code and plain text."""

import re
from collections.abc import Iterator

_MATHS = re.compile(r"\$\$(.+?)\$\$|\$(.+?)\$|\\\[(.+?)\\\]|\\\((.+?)\\\)|`([^`]+)`", re.DOTALL)
_TOKEN = re.compile(r"\\?[A-Za-z]+(?:_\{[^{}]*\}|_[A-Za-z0-9])?|\d+(?:\.\d+)?|[+\-*/()\[\],;=]|[α-ωΑ-Ω]")
_TIMES = re.compile(r"\\(?:odot|cdot|times|circ|ast|otimes|bullet)\b|[⊙·⋅×∘*∗•]")
_DROPPED = re.compile(
    r"\\(?:left|right|big|Big|bigg|displaystyle|quad|qquad|,|;|!|:| )|&|\\\\|\\(?:begin|end)\{[^}]*\}"
)
_FONTS = re.compile(
    r"\\(?:mathbf|mathrm|mathit|text|textbf|boldsymbol|bm|operatorname|vec|mathcal)\s*\{([^{}]*)\}"
)
_ACCENT = re.compile(r"\\(tilde|widetilde|hat|widehat|bar|overline)\s*\{?\s*([A-Za-z])\s*\}?")
_FUNCTIONS = ("tanh", "sigmoid", "sigma", "exp", "frac", "partial", "relu")
_MOST = 4000


def sides(text: str) -> list[tuple[str, ...]]:
    """Return the equations of a text: each as its sides in one way of writing."""
    found = []
    for formula in _formulas(text[: _MOST * 5]):
        plain = _plain(formula)
        if "=" in plain:
            found.append(tuple(filter(None, (canonical(side) for side in plain.split("=")))))
    return found


def says(equations: list[tuple[str, ...]], wanted: str) -> bool:
    """Whether the equations say `wanted`, an equation with two sides."""
    left, _, right = (_plain(wanted)).partition("=")
    one, other = canonical(left), canonical(right)
    return any(one in equation and other in equation for equation in equations)


def _formulas(text: str) -> Iterator[str]:
    for found in _MATHS.finditer(text):
        yield next(part for part in found.groups() if part is not None)[:_MOST]
    rest = _MATHS.sub("\n", text)
    for line in rest.splitlines():
        if "=" in line[:_MOST]:
            yield from _in_prose(line[:_MOST])


def _in_prose(line: str) -> Iterator[str]:
    """Yield the equation around each `=` in a line of words: up to the next word that is no symbol."""
    pieces = re.split(r"(\s+|(?<=[,.;:])(?=\s|$))", line)
    run: list[str] = []
    for piece in [*pieces, "word"]:
        bare = piece.strip(".,;:")
        if _is_maths(bare) or not piece.strip():
            run.append(piece)
            if not piece.endswith((",", ";", ":", ".")):
                continue
        whole = "".join(run)
        if "=" in whole:
            yield whole.strip(" .,;:")
        run = []


def _is_maths(piece: str) -> bool:
    words = re.findall(r"[A-Za-z]{2,}", re.sub(r"\\[A-Za-z]+|_\{[^}]*\}", "", piece))
    return all(
        word.lower() in (*_FUNCTIONS, "ct", "it", "gt", "ft", "ht", "xt", "ot") for word in words
    ) and piece not in ("a", "A", "I")


def _plain(formula: str) -> str:
    """Return a formula with one sign for a product, and one way to write indices."""
    plain = _TIMES.sub(" * ", formula)
    plain = _FONTS.sub(r"\1", _FONTS.sub(r"\1", plain))
    plain = re.sub(r"\\over(right|left)arrow\s*\{?\s*([A-Za-z])\s*\}?", r" \2\1 ", plain)
    plain = _ACCENT.sub(r" \2tilde", plain)
    plain = re.sub(r"([A-Za-z])[̃̂̄~]", r"\1tilde", plain)
    plain = plain.replace("C'", "Ctilde").replace("c'", "ctilde").replace("σ", " sigma ")
    plain = _DROPPED.sub(" ", plain)
    plain = re.sub(r"\^\s*\{?\s*[(<]\s*(t(?:\s*[+-]\s*1)?)\s*[)>]\s*\}?", r"_{\1}", plain)  # c^{(t)}
    plain = re.sub(r"([A-Za-z])\s*[\[(]\s*(t(?:\s*[+-]\s*1)?)\s*[\])]", r"\1_{\2}", plain)  # c(t), c[t]
    plain = re.sub(r"_\(?\s*(t\s*[+-]\s*1)\s*\)?", r"_{\1}", plain)  # c_t-1, c_(t-1)
    plain = re.sub(r"\b([cigfhxo])(t)\b(?!_)", r"\1_t", plain, flags=re.I)  # ct
    plain = re.sub(r"_\{([^{}]*)\}", lambda found: f"_{{{found[1].replace(' ', '')}}}", plain)
    plain = re.sub(r"_([A-Za-z0-9])(?![A-Za-z0-9{])", r"_{\1}", plain)
    plain = re.sub(r"_([A-Za-z0-9])(?=[A-Za-z])", r"_{\1} ", plain)  # i_tg_t
    return re.sub(r"\\([A-Za-z]+)", r"\1", plain).casefold()


def canonical(side: str) -> str:
    """Return a sum of products with its terms and factors in order, without factors 1 and terms 0."""
    terms = []
    for sign, term in _terms(side):
        factors = _factors(term)
        if not factors or "0" in factors or "0.0" in factors:
            continue
        kept = sorted(one for one in factors if one not in ("1", "1.0")) or ["1"]
        terms.append(sign + "*".join(kept))
    return "+".join(sorted(terms)) or ("0" if side.strip() else "")


def _terms(side: str) -> Iterator[tuple[str, str]]:
    depth, sign, term = 0, "", ""
    index = False
    for character in side:
        if character in "([{":
            depth += 1
        elif character in ")]}":
            depth -= 1
        index = depth > 0
        if character in "+-" and not index:
            if term.strip():
                yield sign, term
                term = ""
            sign = "-" if character == "-" else ""
        else:
            term += character
    if term.strip():
        yield sign, term


def _factors(term: str) -> list[str]:
    factors: list[str] = []
    depth, opened = 0, ""
    for token in re.findall(r"[a-zα-ω]+(?:_\{[^{}]*\})?|\d+(?:\.\d+)?|[^\s]", term):
        if token in "([":
            depth += 1
        if depth:
            opened += token
            if token in ")]":
                depth -= 1
                if not depth:
                    inner = (
                        canonical(opened[1:-1])
                        if "," not in opened and ";" not in opened
                        else opened.replace(";", ",")
                    )
                    function = bool(factors) and factors[-1] in _FUNCTIONS
                    if function:
                        factors[-1] += f"({inner})"
                    else:
                        factors.append(inner if "+" not in inner and "*" not in inner else f"({inner})")
                    opened = ""
            continue
        if token not in "*.,;:{}":
            factors.append(token)
    return [*factors, *([opened] if opened else [])]
