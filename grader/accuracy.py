"""How near an answer has to come to the expected one; docs/decisions/tolerances.md says why."""

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

# The contract of the bundled assignment promises these: float64 results agree to 1e-9, float32 to
# 1e-4. Rounding moves a correct float64 result by some 1e-14 for sums of a hundred terms, so 1e-9
# leaves room for every order of operations and still catches a slip of 1e-7; float32 is coarser by
# 2^29 and its room smaller. Both are relative for entries larger than 1, absolute below.
_TOLERANCE = {
    "float64": 1e-9,
    "float32": 1e-4,
    "float16": 1e-2,
    "bfloat16": 4e-2,
    "float8_e4m3fn": 0.25,
    "float8_e4m3fnuz": 0.25,
    "float8_e5m2": 0.5,
    "float8_e5m2fnuz": 0.5,
}
_COMPLEX = {"complex128": "float64", "complex64": "float32"}
_EPSILON = {"float64": 2.0**-52, "float32": 2.0**-23, "float16": 2.0**-10, "bfloat16": 2.0**-7}
# Rounding errors of a recurrence add up step by step; up to this depth the figures above hold.
_SHALLOW = 10
_FEW = 16
"""So many units in the last place are still rounding, unless a check asks for more."""


@dataclass(frozen=True)
class Accuracy:
    """What a check asks for."""

    depth: str = ""
    """The size that counts chained steps."""
    digits: int | None = None
    """After the decimal point, relative for numbers larger than 1; None for what the dtype gives."""
    exact: bool = False
    """Whether a list is told from a tuple, and a scalar of NumPy from a number."""
    strict: bool = False
    """Whether float64 results have to be right to their own accuracy, not only to that of float32."""
    floor: float = 0.0
    """The least tolerance: for what was computed in a coarser dtype than it has."""

    @property
    def asks_for_more(self) -> bool:
        """Whether what float32 rounds away counts."""
        return self.strict or self.digits is not None

    def loose(self) -> "Accuracy":
        """Return the same where what float32 rounds away does not count."""
        return replace(self, digits=None, strict=False)

    def allowed(
        self, dtype: str, expected: npt.NDArray[np.float64], largest: float, steps: int
    ) -> npt.NDArray[np.float64]:
        """Return how far entries may be from the expected ones, whose absolute values are given.

        `largest` is the largest finite one that belongs with them.
        """
        chained = max(1.0, steps / _SHALLOW)
        base = max(tolerance(dtype, self.digits), self.floor) * chained
        allowed = base * np.maximum(1.0, expected)
        if not self.asks_for_more and _COMPLEX.get(dtype, dtype) == "float64":
            # A constant or a table in float32 is no wrong answer where nobody asked for float64.
            allowed = np.maximum(allowed, _FEW * _EPSILON["float32"] * largest * chained)
        return allowed


DEFAULT = Accuracy()


def tolerance(dtype: str, digits: int | None = None) -> float:
    """Return the allowed distance for entries up to 1 in size, 0 for counts."""
    kind = _COMPLEX.get(dtype, dtype)
    usual = _TOLERANCE.get(kind, 0.0)
    if digits is None or not usual or kind not in _EPSILON:
        return usual
    # More digits than a coarser dtype has are asked of float64 values, which a check may return beside it.
    asked = 10.0**-digits
    if kind != "float64" and asked < _FEW * _EPSILON[kind]:
        return usual
    return float(max(asked, _FEW * _EPSILON[kind]))
