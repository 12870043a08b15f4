"""A known mistake is a small change to the solution, or a module of its own."""

from pathlib import Path

import pytest

from grader.assignment.mistakes import Change, Mistake, Price, apply, read_mistakes
from grader.errors import AssignmentError

SOLUTION = """\
def total(values):
    result = 0
    for value in values:
        if value > 0:
            result += value
    return result


def mean(values):
    return total(values) / len(values)
"""


def read(tmp_path: Path, text: str, name: str = "wrong_sign.patch", solution: str = SOLUTION) -> Mistake:
    path = tmp_path / name
    path.write_text(text)
    (mistake,) = read_mistakes(path, solution)
    return mistake


def refused(tmp_path: Path, text: str, name: str = "wrong_sign.patch") -> str:
    """Return what is said about a mistake, after the path of its file."""
    with pytest.raises(AssignmentError) as error:
        read(tmp_path, text, name)
    path, said = str(tmp_path / name), str(error.value)
    assert said.startswith(path)
    return said.removeprefix(path)


def test_a_line_is_replaced_at_its_indentation(tmp_path: Path) -> None:
    mistake = read(tmp_path, "The sign is wrong.\n\n- result += value\n+ result -= value\n")

    assert mistake == Mistake(
        "wrong sign",
        "The sign is wrong.",
        SOLUTION.replace("+= value", "-= value"),
        (Change(("result += value",), ("result -= value",)),),
    )


def test_lines_that_come_in_keep_their_indentation_among_each_other(tmp_path: Path) -> None:
    patch = (
        "Hint.\n\n- if value > 0:\n- result += value\n+ if value < 0:\n+     continue\n+ result += value\n"
    )

    assert read(tmp_path, patch).source == SOLUTION.replace(
        "        if value > 0:\n            result += value\n",
        "        if value < 0:\n            continue\n        result += value\n",
    )


def test_a_line_can_be_left_out(tmp_path: Path) -> None:
    source = read(tmp_path, "Hint.\n\n- result = 0\n").source

    assert source == SOLUTION.replace("    result = 0\n", "")


def test_several_changes_are_all_made(tmp_path: Path) -> None:
    patch = "Hint.\n\n- result = 0\n+ result = 1\n@@\n- return result\n+ return -result\n"

    assert read(tmp_path, patch).source == SOLUTION.replace("= 0", "= 1").replace(
        "return result", "return -result"
    )


def test_a_hint_of_several_lines_becomes_one_text(tmp_path: Path) -> None:
    assert read(tmp_path, "A hint\n  that is long.\n\n- result = 0\n").hint == "A hint that is long."


def test_a_line_that_does_not_occur_is_refused(tmp_path: Path) -> None:
    said = refused(tmp_path, "Hint.\n\n- result = 7\n+ result = 1\n")

    assert said == ": `result = 7` does not occur in the solution; it must occur once"


def test_a_part_of_a_line_is_not_a_line(tmp_path: Path) -> None:
    assert refused(tmp_path, "Hint.\n\n- result\n").startswith(": `result` does not occur")


def test_a_line_that_occurs_twice_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "twice.patch"
    path.write_text("Hint.\n\n- result = 0\n+ result = 1\n")
    with pytest.raises(AssignmentError, match="`result = 0` occurs 2 times in the solution"):
        read_mistakes(path, SOLUTION + SOLUTION)


def test_a_line_that_occurs_twice_is_told_apart_by_its_neighbour(tmp_path: Path) -> None:
    solution = "a = 1\nx = 0\nb = 1\nx = 0\n"

    assert (
        read(tmp_path, "Hint.\n\n- b = 1\n- x = 0\n+ b = 2\n", solution=solution).source
        == "a = 1\nx = 0\nb = 2\n"
    )


def test_a_later_change_that_an_earlier_one_took_away_is_refused(tmp_path: Path) -> None:
    said = refused(tmp_path, "Hint.\n\n- result = 0\n+ result = 1\n@@\n- result = 0\n+ result = 2\n")

    assert said.startswith(": `result = 0` does not occur")


@pytest.mark.parametrize("text", ["", "\n\n", "- result = 0\n+ result = 1\n"])
def test_a_change_without_a_hint_is_refused(tmp_path: Path, text: str) -> None:
    assert refused(tmp_path, text) == ": begin with the hint that students get"


@pytest.mark.parametrize("text", ["Hint.\n", "Hint.\n\n+ x = 1\n", "Hint.\n\n- result = 0\n@@\n+ x = 1\n"])
def test_a_change_of_nothing_is_refused(tmp_path: Path, text: str) -> None:
    assert refused(tmp_path, text).endswith("a change needs a line with `-`")


def test_a_line_that_is_neither_old_nor_new_is_refused_with_its_number(tmp_path: Path) -> None:
    said = refused(tmp_path, "Hint.\n\n- result = 0\n  result = 1\n")

    assert said == ", line 4: begin the line with `-` or `+`"


def test_a_module_of_its_own_has_its_docstring_as_hint(tmp_path: Path) -> None:
    text = '"""A hint\n\nof two paragraphs."""\nx = 1\n'

    assert read(tmp_path, text, "other_way.py") == Mistake("other way", "A hint\n\nof two paragraphs.", text)


def test_a_module_without_a_docstring_is_refused(tmp_path: Path) -> None:
    said = refused(tmp_path, "x = 1\n", "other_way.py")

    assert said == ": the docstring is the hint that students get; write one"


def test_a_module_that_is_no_python_is_refused(tmp_path: Path) -> None:
    assert refused(tmp_path, "x = (\n", "other_way.py") == ": '(' was never closed (<unknown>, line 1)"


def test_a_title_and_a_price_may_stand_above_the_hint(tmp_path: Path) -> None:
    mistake = read(tmp_path, "title: Sums go down\ncosts: 1.5\n\nHint.\n\n- result = 0\n+ result = 1\n")

    assert (mistake.title, mistake.costs, mistake.hint) == ("Sums go down", Price(1.5), "Hint.")


def test_a_module_of_its_own_may_have_a_title_and_a_price(tmp_path: Path) -> None:
    text = '"""title: Another way\ncosts: 30 %\n\nA hint."""\nx = 1\n'
    mistake = read(tmp_path, text, "other_way.py")

    assert (mistake.title, mistake.costs, mistake.hint) == ("Another way", Price(0.3, True), "A hint.")


def test_a_mistake_without_a_title_is_called_by_its_name(tmp_path: Path) -> None:
    assert read(tmp_path, "Hint.\n\n- result = 0\n+ result = 1\n").title == "Wrong sign"


def test_a_price_in_percent_is_a_share_of_the_task() -> None:
    assert (Price(0.3, True).of(20), Price(1.5).of(20)) == (6, 1.5)


@pytest.mark.parametrize("costs", ["much", "-1", "nan", "inf", "120 %", ""])
def test_a_price_that_is_none_is_refused(tmp_path: Path, costs: str) -> None:
    said = refused(tmp_path, f"costs: {costs}\nHint.\n\n- result = 0\n+ result = 1\n")

    assert said == ": `costs:` takes points (`costs: 2`) or a share (`costs: 20 %`)"


@pytest.mark.parametrize("title", ["", "long " * 30])
def test_a_title_that_fits_no_line_is_refused(tmp_path: Path, title: str) -> None:
    said = refused(tmp_path, f"title: {title}\nHint.\n\n- result = 0\n+ result = 1\n")

    assert said == ": `title:` takes a sentence of at most 120 characters"


def test_two_titles_are_refused(tmp_path: Path) -> None:
    said = refused(tmp_path, "title: A\ntitle: B\nHint.\n\n- result = 0\n+ result = 1\n")

    assert said == ": there are two lines `title:`"


def test_lines_are_counted_from_the_top_of_the_file(tmp_path: Path) -> None:
    said = refused(tmp_path, "title: A\n\nHint.\n\n- result = 0\n  result = 1\n")

    assert said == ", line 6: begin the line with `-` or `+`"


def test_without_changes_the_source_stays() -> None:
    assert apply((), SOLUTION) == SOLUTION


def ways(tmp_path: Path, text: str) -> list[str]:
    """Return what each way to make the mistake puts in the place of lines of the solution."""
    path = tmp_path / "wrong.patch"
    path.write_text(text)
    return [change.new[0] for mistake in read_mistakes(path, SOLUTION) for change in mistake.changes]


def test_a_mistake_can_be_made_in_several_ways(tmp_path: Path) -> None:
    slip = "- result = 0\n+ result = 1\n"
    patches = ("- result += value\n+ result -= value\n", "+ result *= value\n", slip)
    text = "Hint.\n\n" + "or\n".join(patches)

    assert ways(tmp_path, text) == ["result -= value", "result *= value", "result = 1"]


def test_all_ways_have_the_same_name_and_hint(tmp_path: Path) -> None:
    (tmp_path / "w.patch").write_text("Hint.\n\n- result = 0\n+ result = 1\nor\n+ result = 2\n")
    found = read_mistakes(tmp_path / "w.patch", SOLUTION)

    assert [(one.name, one.hint) for one in found] == [("w", "Hint.")] * 2
