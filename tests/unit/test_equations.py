"""The equations of a statement, and how a page shows them."""

import pytest

from grader.assignment.equations import equations_of
from grader.report.html.mathml import mathml

STATEMENT = r"""With $x$ the input:

$$
\begin{aligned}
i &= \sigma(x) && \text{input gate}\\
c' &= f \odot c + i\\
y_t &= W\, h_t, & \text{norm}_{d-1} &= 2
\end{aligned}
$$

and $$h_t = \tanh(c).$$ Of two, none counts: $$g = 1, \qquad g_t = 2$$
"""


def test_an_equation_belongs_to_the_name_on_its_left_side() -> None:
    assert equations_of(STATEMENT) == {
        "i": r"i = \sigma(x)",
        "c": r"c' = f \odot c + i",
        "y": r"y_t = W\, h_t",
        "norm": r"\text{norm}_{d-1} = 2",
        "h": r"h_t = \tanh(c)",
    }


@pytest.mark.parametrize(
    "statement", ["", "$$", "$$ $$", "x = 1", "$x = 1$", r"$$\sigma = 1$$", "$$a + b = c$$"]
)
def test_what_defines_no_value_is_left_out(statement: str) -> None:
    assert equations_of(statement) == {}


def test_a_formula_becomes_markup_that_browsers_show() -> None:
    assert mathml("h' = i") == (
        '<math display="inline"><mrow><msup><mi>h</mi><mi>′</mi></msup><mo>=</mo><mi>i</mi></mrow></math>'
    )


@pytest.mark.parametrize(
    ("tex", "shown"),
    [
        (r"\frac{", r"<code>\frac{</code>"),
        (r"\text{<script>alert(1)</script>}", r"<code>\text{&lt;script&gt;alert(1)&lt;/script&gt;}</code>"),
        (r"\href{javascript:alert(1)}{x}", None),
        (r"\style{background:url(x)}{x}", None),
        ("{" * 500 + "x" + "}" * 500, None),
    ],
)
def test_a_formula_holds_nothing_but_a_formula(tex: str, shown: str | None) -> None:
    markup = mathml(tex)

    assert shown is None or markup == shown
    assert not any(part in markup for part in ("<a", "href=", "style=", "<script", "<img"))
