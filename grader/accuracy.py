"""Tolerances: how close an answer must be to the expected one. docs/decisions/tolerances.md says why."""

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

# The contract of the bundled assignment promises these: float64 results agree to 1e-9, float32 to
# 1e-4. Rounding moves a correct float64 result by about 1e-14 for a sum of a hundred terms. So 1e-9
# allows every order of operations and still catches an error of 1e-7. float32 is coarser by 2^29, so
# its margin is smaller. Both tolerances are relative for entries larger than 1 and absolute below.
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
_SHALLOW = 10
"""Chained steps up to which the tolerances above hold; rounding errors add up with each step."""
_FEW = 16
"""Units in the last place that count as rounding, unless a check asks for more accuracy."""


@dataclass(frozen=True)
class Accuracy:
    """The accuracy that a check asks for."""

    depth: str = ""
    """The name of the size that counts chained steps."""
    digits: int | None = None
    """Decimal places (relative for numbers above 1); None for the tolerance of the dtype."""
    exact: bool = False
    """Whether a list and a tuple differ, and a NumPy scalar and a Python number."""
    strict: bool = False
    """Whether float64 results must have float64 accuracy, not only float32 accuracy."""
    floor: float = 0.0
    """The smallest tolerance, for results computed in a coarser dtype than their own."""
    share: float = 1.0
    """The part of each tolerance that is used up by what is compared."""

    @property
    def asks_for_more(self) -> bool:
        """Whether differences below float32 accuracy count."""
        return self.strict or self.digits is not None

    def loose(self) -> "Accuracy":
        """Return the same accuracy, with differences below float32 accuracy ignored."""
        return replace(self, digits=None, strict=False)

    def allowed(
        self, dtype: str, expected: npt.NDArray[np.float64], largest: float, steps: int
    ) -> npt.NDArray[np.float64]:
        """Return the allowed distance of each entry; `expected` holds the absolute expected values.

        `largest` is the largest finite one in the same tensor.
        """
        chained = max(1.0, steps / _SHALLOW)
        base = max(tolerance(dtype, self.digits), self.floor) * chained
        allowed = base * np.maximum(1.0, expected)
        if not self.asks_for_more and _COMPLEX.get(dtype, dtype) == "float64":
            # A program may compute with a float32 constant or table unless the task asks for float64.
            allowed = np.maximum(allowed, _FEW * _EPSILON["float32"] * largest * chained)
        return allowed * self.share


DEFAULT = Accuracy()


def tolerance(dtype: str, digits: int | None = None) -> float:
    """Return the allowed distance for entries of size up to 1; 0 for integers and booleans."""
    kind = _COMPLEX.get(dtype, dtype)
    usual = _TOLERANCE.get(kind, 0.0)
    if digits is None or not usual or kind not in _EPSILON:
        return usual
    # A check may return values of several dtypes. Digits that a coarser dtype cannot hold apply to float64.
    asked = 10.0**-digits
    if kind != "float64" and asked < _FEW * _EPSILON[kind]:
        return usual
    return float(max(asked, _FEW * _EPSILON[kind]))
