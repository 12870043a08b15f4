"""What only IPython understands is found where a statement begins, and nowhere else."""

import pytest

from grader.submission.magics import without


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("%matplotlib inline\nx = 7 % 2", "pass\nx = 7 % 2"),
        ("if True:\n    %matplotlib inline\n    !ls", "if True:\n    pass\n    pass"),
        ("!pip install a \\\n      b \\\n  c\nx = 1", "pass\n\n\nx = 1"),
        ("pip install torch\nx = 1", "pass\nx = 1"),
        ("?torch.tanh\ntorch.tanh?\nx??", "pass\npass\npass"),
        ("files = !ls\nfor f in files: pass", "files = []\nfor f in files: pass"),
        ("b.files = !ls", "b.files = []"),
        ("best = %timeit -o f()", "best = None"),
        ("a, b = !ls", "pass"),
        ("%time x = f()", "x = f()"),
        ("y = %time f()", "y = f()"),
        ("  %time x = f(1, \\\n    2)", "  x = f(1, \\\n    2)"),
        ("%time\nx = 1", "pass\nx = 1"),
        ("%time !ls", "pass"),
        ("%timeit f()", "pass"),
        ("%run helper.py", "from helper import *"),
        ("%run -i ./tools/helper.ipynb 3", "from tools.helper import *"),
        ("%run my-helper.py", "exec(open('my-helper.py', encoding='utf-8').read())"),
        ("if x:\n    %run helper.py", "if x:\n    exec(open('helper.py', encoding='utf-8').read())"),
        ("%run notes.txt", "pass"),
    ],
)  # fmt: skip
def test_what_only_ipython_understands_becomes_python(text: str, expected: str) -> None:
    assert without(text) == expected


@pytest.mark.parametrize(
    "python",
    [
        "x = 5 \\\n  % 3",
        "print(\n    'hidden %d'\n    % (four, five)\n)",
        "text = (\n    'a'\n    !=\n    'b'\n)",
        "NOTE = '''\n%d percent\n! important\n'''",
        'NOTE = f"""a \\"""\n%d\n"""',
        "x = [  # an [ open\n    7\n    % 2]",
        "# a comment that ends in (\nx = {'%': 1}",
        "x = '(' # %\ny = 1 % 2",
        "x = 'a\\'(' \ny %= 3",
        "a = b != c",
    ],
)
def test_python_stays_as_it_is(python: str) -> None:
    assert without(f"{python}\n!ls") == f"{python}\npass"


def test_each_line_keeps_its_number() -> None:
    text = "!a \\\n b\nx = 1\n%time y = \\\n 2\nz = 3"

    assert [without(text).split("\n").index(line) for line in ("x = 1", "z = 3")] == [2, 5]


def test_a_string_that_does_not_end_takes_the_next_line_along_no_further_than_python_does() -> None:
    assert without("x = 'it\n!ls") == "x = 'it\npass"
