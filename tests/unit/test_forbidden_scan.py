"""The look at the source finds plain uses with file and line, and leaves honest mentions alone."""

import textwrap

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from grader.submission.forbidden_scan import ForbiddenUse, Unscannable, find_forbidden

FORBIDDEN = ("torch.nn.LSTM", "torch.nn.LSTMCell")


def found(source: str, **others: str) -> ForbiddenUse | Unscannable | None:
    """Look at `lstm_cell.py`, which is asked for `LSTMCell`, among the files `others`."""
    files = {"lstm_cell": source, **others}
    return find_forbidden(
        {f"{name.replace('__', '/')}.py": textwrap.dedent(text).encode() for name, text in files.items()},
        "lstm_cell",
        ["LSTMCell"],
        FORBIDDEN,
    )


def place(finding: ForbiddenUse | Unscannable | None) -> tuple[str, int, str] | None:
    return (finding.file, finding.line, finding.layer) if isinstance(finding, ForbiddenUse) else None


USES = {
    "held by self": """
        import torch
        class LSTMCell(torch.nn.Module):
            def __init__(self, i, h):
                super().__init__()
                self.cell = torch.nn.LSTMCell(i, h)
            def forward(self, x, state=None):
                return self.cell(x, state)  # here
    """,
    "an alias of the package": """
        import torch.nn as n
        class LSTMCell(n.Module):
            def __init__(self, i, h):
                self.cell = n.LSTMCell(i, h)
            def forward(self, x):
                return self.cell(x)  # here
    """,
    "imported by name": """
        from torch.nn import LSTMCell as Base
        class LSTMCell:
            def __init__(self, i, h):
                self.cell = Base(i, h)
            def forward(self, x):
                return self.cell(x)  # here
    """,
    "through torch.nn.modules": """
        from torch.nn.modules.rnn import LSTMCell as Base
        class LSTMCell:
            def forward(self, x):
                return Base(2, 3)(x)  # here
    """,
    "inherited": """
        import torch
        class LSTMCell(torch.nn.LSTMCell):  # here
            pass
    """,
    "inherited at second hand": """
        from torch import nn
        class Mine(nn.LSTMCell):  # here
            pass
        class LSTMCell(Mine):
            pass
    """,
    "inherited with another constructor": """
        from torch import nn
        class LSTMCell(nn.LSTMCell):  # here
            def __init__(self, i, h):
                super().__init__(i, h)
    """,
    "a local variable": """
        from torch import nn
        class LSTMCell:
            def forward(self, x):
                cell = nn.LSTM(2, 3)
                return cell(x)  # here
    """,
    "called where it is made": """
        from torch import nn
        class LSTMCell:
            def forward(self, x):
                return nn.LSTMCell(2, 3)(x)  # here
    """,
    "torch.lstm_cell": """
        import torch
        class LSTMCell:
            def forward(self, x):
                return torch.lstm_cell(x)  # here
    """,
    "torch._VF": """
        from torch import _VF
        class LSTMCell:
            def forward(self, x):
                return _VF.lstm(x)  # here
    """,
    "torch.ops.aten": """
        import torch
        class LSTMCell:
            def forward(self, x):
                return torch.ops.aten.lstm_cell.default(x)  # here
    """,
    "in a method that forward calls": """
        from torch import nn, lstm_cell
        class LSTMCell:
            def forward(self, x):
                return self.step(x)
            def step(self, x):
                return lstm_cell(x)  # here
    """,
    "in a function that forward calls": """
        import torch
        def helper(x):
            return torch.lstm_cell(x)  # here
        class LSTMCell:
            def forward(self, x):
                return helper(x)
    """,
    "as a plain function": """
        import torch
        def LSTMCell(i, h):
            cell = torch.nn.LSTMCell(i, h)
            return lambda x: cell(x)  # here
    """,
    "redispatched": """
        import torch
        class LSTMCell:
            def forward(self, x):
                operator = getattr(torch.ops.aten, "lstm" + "_cell")
                return operator.default.redispatch(x)  # here
    """,
    "decomposed": """
        import torch
        class LSTMCell:
            def forward(self, x):
                return torch.ops.aten.linear.default.decompose(x)  # here
    """,
}


@pytest.mark.parametrize("use", USES)
def test_a_plain_use_is_found_at_its_line(use: str) -> None:
    source = USES[use]
    line = next(number for number, text in enumerate(source.splitlines(), 1) if "# here" in text)
    finding = found(source)

    assert finding is not None and (finding.file, finding.line) == ("lstm_cell.py", line)


@pytest.mark.parametrize(
    ("source", "layer"),
    [
        ("import torch\ndef LSTMCell(x):\n    return torch.nn.LSTM(2, 3)(x)\n", "torch.nn.LSTM"),
        ("import torch\ndef LSTMCell(x):\n    return torch.lstm_cell(x)\n", "torch.nn.LSTMCell"),
    ],
)
def test_the_layer_is_told_by_its_full_name(source: str, layer: str) -> None:
    assert place(found(source)) == ("lstm_cell.py", 3, layer)


def test_what_is_done_with_it_is_said_in_words() -> None:
    finding = found("import torch\ndef LSTMCell(x):\n    return torch.lstm_cell(x)\n")

    assert finding is not None and finding.what == "`torch.lstm_cell(…)` is its functional form"


@pytest.mark.parametrize(
    "use", ["from helper import make\n", "from .helper import make\n", "from helper import other as make\n"]
)
def test_a_use_in_another_file_is_found_there(use: str) -> None:
    helper = """\
        import torch
        def make(x):
            return torch.lstm_cell(x)
        other = make
        """
    finding = found(f"{use}def LSTMCell(x):\n    return make(x)\n", helper=helper)

    assert place(finding) == ("helper.py", 3, "torch.nn.LSTMCell")


def test_a_module_in_a_folder_that_may_be_on_the_path_is_looked_at() -> None:
    helper = "import torch\ndef make(x):\n    return torch.lstm_cell(x)\n"
    finding = found("from helper import make\ndef LSTMCell(x):\n    return make(x)\n", tools__helper=helper)

    assert place(finding) == ("tools/helper.py", 3, "torch.nn.LSTMCell")


def test_a_package_is_looked_at_like_a_module() -> None:
    files = {
        "lstm_cell/__init__.py": b"from .cell import LSTMCell\n",
        "lstm_cell/cell.py": b"import torch\nclass LSTMCell(torch.nn.LSTMCell): pass\n",
    }

    assert place(find_forbidden(files, "lstm_cell", ["LSTMCell"], FORBIDDEN)) == (
        "lstm_cell/cell.py",
        2,
        "torch.nn.LSTMCell",
    )


HONEST = {
    "a comment": "class LSTMCell:\n    def forward(self, x):\n        return x  # nn.LSTMCell(2, 3)(x)\n",
    "a string": 'class LSTMCell:\n    """Like torch.nn.LSTMCell(2, 3)(x)."""\n',
    "a test beside it": """
        import torch
        class LSTMCell:
            def forward(self, x): return x
        def test_it():
            cell = torch.nn.LSTMCell(2, 3)
            assert cell(1) == LSTMCell()(1)
    """,
    "a demonstration": """
        import torch
        class LSTMCell:
            def forward(self, x): return x
        if __name__ == "__main__":
            print(torch.nn.LSTMCell(2, 3)(torch.zeros(1, 2)))
    """,
    "an unused helper": """
        import torch
        class LSTMCell:
            def forward(self, x): return x
        def compare(x): return torch.lstm_cell(x)
    """,
    "a method that nothing calls": """
        import torch
        class LSTMCell:
            def forward(self, x): return x
            def compare(self, x): return torch.nn.LSTMCell(2, 3)(x)
    """,
    "an annotation and a check of the type": """
        from torch import nn
        class LSTMCell(nn.Module):
            def forward(self, x, like: nn.LSTMCell | None = None):
                return x if isinstance(like, nn.LSTMCell) else None
    """,
    "its weights as a start": """
        from torch import nn
        class LSTMCell(nn.Module):
            def __init__(self, i, h):
                super().__init__()
                self.weight_ih = nn.Parameter(nn.LSTMCell(i, h).weight_ih.detach().clone())
            def forward(self, x):
                return x @ self.weight_ih.T
    """,
    "its interface, written out": """
        from torch import nn
        class LSTMCell(nn.LSTMCell):
            def forward(self, x, state=None):
                return x @ self.weight_ih.T
    """,
    "a method of one's own called decompose": """
        class LSTMCell:
            def forward(self, x): return self.decompose(x)
            def decompose(self, x): return x
    """,
    "a class of the same name": """
        class LSTMCell:
            def forward(self, x): return LSTMCell.other(x)
    """,
    "other layers": """
        from torch import nn
        class LSTMCell(nn.Module):
            def __init__(self, i, h):
                self.gates = nn.Linear(i, h)
            def forward(self, x): return self.gates(x)
    """,
    "functions that call each other": """
        def one(x): return other(x)
        def other(x): return one(x)
        def LSTMCell(x): return one(x)
    """,
    "an import in a circle": "from lstm_cell import LSTMCell\n",
}


@pytest.mark.parametrize("mention", HONEST)
def test_an_honest_mention_is_left_alone(mention: str) -> None:
    assert found(HONEST[mention]) is None


def test_where_nothing_is_forbidden_nothing_is_looked_for() -> None:
    files = {"lstm_cell.py": b"import torch\nLSTMCell = torch.nn.LSTMCell\n"}

    assert find_forbidden(files, "lstm_cell", ["LSTMCell"], ()) is None


def test_a_module_that_is_not_there_holds_nothing() -> None:
    assert find_forbidden({}, "lstm_cell", ["LSTMCell"], FORBIDDEN) is None


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\x00",
        b"\xff\xfe",
        b"class LSTMCell(:",
        b"\xef\xbb\xbfx = 1",
        b"# coding: no-such-coding\n",
        b"# coding: utf-8\n" + b"\xff",
        b"x = " + b"(" * 5000,
        b"x = " + b"9" * 5000,
        b"LSTMCell = " + b"f(" * 90 + b")" * 90,
        b"x\n" * 400_000,
        b"# coding: latin-1\nx = '\xe9'",
        b"x = [" + b"{}," * 3000 + b"]",
    ],
    ids=range(13),
)
def test_what_cannot_be_parsed_is_left_to_the_import(data: bytes) -> None:
    assert find_forbidden({"lstm_cell.py": data}, "lstm_cell", ["LSTMCell"], FORBIDDEN) is None


HOSTILE = {
    "many signs": b"x = " + b"-" * 100_000 + b"1",
    "many calls": b"def LSTMCell():\n    return f" + b"()" * 20_000,
    "many attributes": b"def LSTMCell():\n    return x" + b".a" * 20_000 + b"()",
    "many branches": b"if x: pass\n" + b"elif x: pass\n" * 8000,
    "many functions": b"def LSTMCell(): f0()\n"
    + b"".join(b"def f%d(): f%d()\n" % (n, n + 1) for n in range(2000)),
    "many classes": b"class LSTMCell(A0): pass\n"
    + b"".join(b"class A%d(A%d): pass\n" % (n, n + 1) for n in range(2000)),
    "many marks on a letter": "x = 'a{}'".format("\u0327\u0301" * 20_000).encode(),
    "punycode": b"# -*- coding: punycode -*-\n" + b"a=1\n" * 30_000 + b"-9",
    "idna": b"# coding: idna\n",
    "UTF-7": b"\n# coding=utf_7\n",
    "an encoding that is no text": b"# coding: zlib\n",
    "escapes": b"# coding: unicode_escape\n",
    "a long encoding": b"# coding: " + b"x" * 1_000_000,
    "a long file in an odd encoding": b"# coding: utf-7\n" + b"x\n" * 400_000,
}


@pytest.mark.parametrize("data", HOSTILE.values(), ids=HOSTILE.keys())
def test_what_breaks_the_look_is_told_and_not_let_through(data: bytes) -> None:
    unseen = find_forbidden({"lstm_cell.py": data}, "lstm_cell", ["LSTMCell"], FORBIDDEN)

    assert isinstance(unseen, Unscannable) and unseen.file == "lstm_cell.py"


def test_the_file_that_breaks_the_look_is_named() -> None:
    files = {"lstm_cell.py": b"from other import LSTMCell\n", "other.py": b"# coding: idna\n"}
    unseen = find_forbidden(files, "lstm_cell", ["LSTMCell"], FORBIDDEN)

    assert unseen == Unscannable("other.py", "it declares the encoding idna; save it as UTF-8")


def test_a_name_whose_number_cannot_be_written_out_is_no_object_of_a_class() -> None:
    source = f"def LSTMCell(x):\n    return kernel.decompose(x)\nkernel = (0x{'f' * 5000}).real()\n"

    assert place(found(source)) == ("lstm_cell.py", 2, "torch.nn.LSTM")


@pytest.mark.parametrize("source", ["LSTMCell = {}f()", "LSTMCell = a1\n{}f(a9)"])
def test_a_value_with_many_names_is_looked_at_once(source: str) -> None:
    names = "".join(f"a{number} = " for number in range(12_000))

    assert found(source.format(names)) is None


@settings(deadline=None)
@given(
    st.binary(max_size=200) | st.text(max_size=200).map(lambda text: text.encode("utf-8", "surrogatepass"))
)
def test_arbitrary_bytes_never_raise(data: bytes) -> None:
    find_forbidden({"lstm_cell.py": data}, "lstm_cell", ["LSTMCell"], FORBIDDEN)


pieces = st.sampled_from(
    [piece for source in USES.values() for piece in textwrap.dedent(source).splitlines(True)]
)


@settings(deadline=None)
@given(st.lists(pieces, max_size=12).map("".join))
def test_lines_in_any_order_never_raise(source: str) -> None:
    found(source)


def test_a_number_of_too_many_digits_stops_nothing() -> None:
    source = b"class LSTMCell:\n    def forward(self, x):\n        return x[0x" + b"f" * 4000 + b"](x)\n"

    assert find_forbidden({"m.py": source}, "m", ["LSTMCell"], ["torch.nn.LSTMCell"]) is None
