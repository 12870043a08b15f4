"""Small changes of a student's program: each undoes a usual slip."""

import pytest

from grader.edits import table
from grader.edits.changes import Change, Span, changes
from grader.edits.mutants import mutants
from grader.edits.table import Undo
from grader.report.slips import KINDS


def after(source: str, *wanted: str) -> set[str]:
    """Return all sources that one change makes of `source`."""
    found = changes({"cell.py": source}, wanted or ("step",))
    return {change.applied(source.encode()).decode() for change in found}


def step(body: str, arguments: str = "x, h, c", before: str = "") -> str:
    return f"import torch\n{before}\ndef step({arguments}):\n    {body}\n"


@pytest.mark.parametrize(
    ("wrong", "right"),
    [
        # Taken away
        ("return h.detach()", "return h"),
        ("return h.data", "return h"),
        ("return torch.clamp(h, -1, 1)", "return h"),
        ("return h.T @ c", "return (h) @ c"),
        ("return torch.tanh(torch.tanh(h))", "return torch.tanh(h)"),
        ("return h + c", "return h"),
        ("return 1 - h", "return h"),
        ("return -h", "return h"),
        ("h *= c\n    return h", "h = h * c\n    return h"),
        ("h = torch.tanh(h)\n    return h", "pass\n    return h"),
        ("x.data *= 0.5\n    return h", "pass\n    return h"),
        ("h[0] += 1\n    return h", "pass\n    return h"),
        ("return sum({*h})", "return sum((h))"),
        ("return h[:1]", "return (h)"),
        ("return h.mul_(c)", "return h.mul(c)"),
        ("if h is None and c:\n        return x", "if (h is None):\n        return x"),
        # Exchanged
        ("return torch.sigmoid(h)", "return torch.tanh(h)"),
        ("return h.tanh()", "return h.sigmoid()"),
        ("return h - c", "return (h + c)"),
        ("return h * c", "return (h @ c)"),
        ("return h - c", "return (c - h)"),
        ("if not h:\n        return c", "if (h is None):\n        return c"),
        ("if h:\n        return c", "if h is not None:\n        return c"),
        ("return h[0]", "return h[-1]"),
        ("return h[1:]", "return h[2:]"),
        ("return [h[t] for t in range(9)]", "return [h[t + 1] for t in range(9)]"),
        ("return h, c", "return c, h"),
        ("return torch.cat([h, c], dim=0)", "return torch.cat([h, c], dim=1)"),
        ("i, f = h.chunk(2)\n    return i", "f, i = h.chunk(2)\n    return i"),
        ("i = h[:3]\n    f = h[3:]\n    return i", "f = h[:3]\n    i = h[3:]\n    return i"),
        ("if h.max() < 1:\n        return c", "if (h.max() <= (1)):\n        return c"),
        ("return torch.tanh(h)", "return torch.tanh(c)"),
        # Added
        ("return h * c", "return (h.tanh()) * c"),
        ("return h @ c", "return h @ (c.T)"),
        ("return h @ (c if x else c.T)", "return h @ ((c.T) if x else c.T)"),
        ("return h * c", "return ((1 - h)) * c"),
        ("return torch.tanh(h)", "return torch.tanh((h + x))"),
        ("return x @ h", "return (x @ h) * c"),
    ],
)
def test_a_slip_is_undone(wrong: str, right: str) -> None:
    assert plain(step(right)) in {plain(source) for source in after(step(wrong))}


def plain(source: str) -> str:
    return source.replace("(", "").replace(")", "").replace(" ", "")


BOTH_WAYS = [
    *((f"x.{row.right}(1)", f"x.{row.wrong}(1)") for row in table.NAMES if row.mutant and row.repair),
    *((f"x {row.right} h", f"x {row.wrong} h") for row in table.COMPARISONS),
    *((row.right, row.wrong) for row in table.OPERATORS if row.mutant),
    *((row.right, row.wrong) for row in table.ADDED if row.mutant),
    ("A.T @ B", "A @ B"),
]


@pytest.mark.parametrize(("right", "wrong"), BOTH_WAYS)
def test_a_mutant_makes_a_slip_that_a_repair_undoes(right: str, wrong: str) -> None:
    before, slipped = step(f"return {right}", "x, h, A, B"), step(f"return {wrong}", "x, h, A, B")

    assert plain(slipped) in {plain(mutant.source) for mutant in mutants(before)}
    assert plain(before) in {plain(source) for source in after(slipped)}


def test_strings_annotations_defaults_and_errors_stay_as_they_are() -> None:
    source = step(
        '"""h + c"""\n    if x is None:\n        raise ValueError(f"{h + c}")', "x: h + c = 1 + 2, h=3, c=4"
    )

    assert {one for one in after(source) if "x is None" in one and "pass" not in one} == set()


def test_only_what_the_task_can_reach_is_changed() -> None:
    source = step(
        "return inner(x)", before="def inner(a):\n    return a + 1\ndef unused(a):\n    return a + 1\n"
    )
    changed = {one.split("\n", 1)[1] for one in after(source)}

    assert any("def inner(a):\n    return a\n" in one for one in changed)
    assert all("def unused(a):\n    return a + 1\n" in one for one in changed)


def test_a_demonstration_is_not_changed() -> None:
    end = 'if __name__ == "__main__":\n    print(step(1 + 2, 3, 4))\n'

    assert all(one.endswith(end) for one in after(step("return x + h") + end))


def test_helper_modules_are_changed_too() -> None:
    sources = {"cell.py": "from gates import gate\ndef step(x):\n    return gate(x)\n"}
    sources["gates.py"] = "def gate(a):\n    return a.tanh()\n"

    assert {change.file for change in changes(sources, ("step",))} == {"cell.py", "gates.py"}


def test_a_name_is_exchanged_for_one_of_its_kind_that_is_bound_at_its_line() -> None:
    body = "for t in range(3):\n        a = x[t] @ h\n    later = 1 + h\n    return later"
    found = {one for one in after(step(body, "x, h"))}

    assert step(body.replace("@ h", "@ x"), "x, h") in found
    assert step(body.replace("x[t]", "x[h]"), "x, h") not in found
    assert step(body.replace("@ h", "@ later"), "x, h") not in found


def test_like_places_are_changed_together() -> None:
    both = step("i = torch.tanh(x)\n    f = torch.tanh(h)\n    return i * f")

    assert both.replace("tanh", "sigmoid") in after(both)


def test_what_undoes_itself_is_added_at_one_place_only() -> None:
    found = changes({"cell.py": step("x = step(h)\n    return torch.tanh(h)")}, ("step",))

    assert [one for one in found if len(one.spans) > 1 and ".flip" in one.spans[0].text] == []
    assert [one for one in found if ".flip" in one.spans[0].text]


def test_an_element_of_what_was_written_down_is_not_chosen() -> None:
    assert step("return [x, h, c][1]") not in after(step("return [x, h, c][0]"))


def test_what_is_taken_away_comes_first_and_what_is_added_last() -> None:
    found = changes({"cell.py": step("return torch.tanh(x @ h) + c.detach()")}, ("step",))

    assert [change.undo for change in found] == sorted(change.undo for change in found)
    assert {change.undo for change in found} == set(Undo)
    assert found == changes({"cell.py": step("return torch.tanh(x @ h) + c.detach()")}, ("step",))


def test_every_changed_program_can_be_compiled() -> None:
    body = "a, b = (x @ h.T + c).chunk(2, dim=1)\n    if not h:\n        h = x\n    a *= b\n"
    body += "    return a if 0 < c <= 1 else -b[1:, :-1]"

    for source in after(step(body)):
        compile(source, "cell.py", "exec")


def test_letters_that_are_not_ascii_do_not_move_a_change() -> None:
    assert step("σ = 'ä'; return x", "x, β") in after(step("σ = 'ä'; return x + β", "x, β"))


def test_each_kind_has_a_sentence() -> None:
    rows = (*table.NAMES, *table.OPERATORS, *table.COMPARISONS, *table.ADDED, *table.LEFT_OUT)

    assert set(KINDS) == set(table.KINDS)
    assert {row.kind for row in rows} <= set(table.KINDS)


def test_a_change_keeps_the_rest_of_a_file() -> None:
    source = step("return x + h  # the sum")
    (taken, *_) = [one for one in changes({"cell.py": source}, ("step",)) if one.kind == "term"]

    assert isinstance(taken, Change)
    assert taken.applied(source.encode()).decode() == source.replace("x + h", "x")


def test_a_program_of_many_names_has_so_many_changes_and_no_more() -> None:
    names = "\n".join(f"    v{number} = h" for number in range(400))
    used = ", ".join(f"v{number}" for number in range(400))
    found = changes({"cell.py": f"def step(h):\n{names}\n    return [{used}]\n"}, ("step",))

    assert 1000 < len(found) < 40_000


@pytest.mark.parametrize(
    ("spans", "found"),
    [
        ((Span(2, 6, ""),), {0: 0, 1: 1, 2: 6, 3: 7}),  # ab[cdef]gh
        ((Span(2, 4, "XYZ"), Span(6, 7, "")), {1: 1, 2: 2, 4: 2, 5: 4, 6: 5, 7: 7}),  # ab[cd]ef[g]h
    ],
)
def test_a_byte_of_the_changed_source_is_found_in_the_one_before(
    spans: tuple[Span, ...], found: dict[int, int]
) -> None:
    change = Change("cell.py", "call", Undo.TAKE_AWAY, spans)
    source, other = b"abcdefgh", "other.py"
    after = change.applied(source)

    assert {at: change.before("cell.py", at) for at in found} == found
    assert all(after[at] == source[was] for at, was in found.items() if after[at] in source)
    assert change.before(other, 5) == 5
