"""What the grader says has an identifier, and one catalogue that puts it into words."""

import ast
import string
from pathlib import Path

import pytest

import grader
from grader.report.messages import ENGLISH, text
from grader.results.message import Message, parts, shortened

SOURCES = sorted(Path(grader.__file__).parent.rglob("*.py"))


def created() -> list[tuple[str, frozenset[str], str]]:
    """Return each message that the code creates: identifier, names of parameters, place."""
    found = []
    for path in SOURCES:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and ast.unparse(node.func) == "Message.of":
                (identifier,) = node.args
                assert isinstance(identifier, ast.Constant), f"{path}:{node.lineno}"
                names = frozenset(str(keyword.arg) for keyword in node.keywords)
                found.append((str(identifier.value), names, f"{path.name}:{node.lineno}"))
    return found


def fields(template: str) -> frozenset[str]:
    return frozenset(name for _, name, _, _ in string.Formatter().parse(template) if name is not None)


def test_every_message_is_created_with_the_parameters_of_its_template() -> None:
    wrong = [
        (identifier, place)
        for identifier, names, place in created()
        if names != fields(ENGLISH.get(identifier, "{no such identifier}"))
    ]

    assert wrong == []


def test_every_template_is_used() -> None:
    assert set(ENGLISH) == {identifier for identifier, _, _ in created()}


def test_what_is_passed_on_cannot_reach_into_a_template() -> None:
    assert text(Message.of("sentence_end", text="{id} {0} %s `{file!r}`")) == "{id} {0} %s `{file!r}`."


def test_a_message_can_hold_others() -> None:
    inner = Message.of("no_answer", seconds=2.5)
    whole = Message.of("not_reached", reason=inner)

    assert (text(whole), list(parts(whole))) == ("not reached: no answer within 2.5 s", [whole, inner])


@pytest.mark.parametrize(
    ("message", "said"),
    [
        (Message.of("too_much_output", most=16 << 20), "it printed more than 16 MiB"),
        (
            Message.of("argument_changed", names=("a", "b"), more=3),
            "`a`, `b` and 3 more was changed in place; a function must not change its arguments",
        ),
        (
            Message.of("length_wrong", name="h", actual=1, expected=3),
            "`h` has 1 element; 3 elements expected",
        ),
        (
            Message.of("sentence", text=Message.of("exited", code=0)),
            "The program ended itself (exit code 0).",
        ),
        (Message.of("sentence", text="h is wrong"), "h is wrong."),
        (Message.of("opposite_sign", names=("h", "c")), "Every entry of `h` and `c` is right except for its"),
        (None, ""),
    ],
)
def test_counts_lists_and_sizes_are_written_in_words(message: Message | None, said: str) -> None:
    assert text(message).startswith(said)


@pytest.mark.parametrize("end", [".", "!", "?"])
def test_a_sentence_that_its_author_ended_is_not_ended_twice(end: str) -> None:
    assert text(Message.of("sentence", text=f"they do not sum to 1{end}")) == f"They do not sum to 1{end}"


def test_texts_within_a_message_are_cut_and_its_numbers_are_not() -> None:
    whole = Message.of("not_reached", reason=Message.of("sentence_end", text="x" * 1000))

    assert text(shortened(whole, 5)) == "not reached: xxxxx."


def test_a_message_comes_back_from_json_as_it_was() -> None:
    whole = Message.of(
        "entry_wrong",
        name="h",
        actual="1",
        expected="2",
        index=(Message.of("index_on_named_axis", axis="batch", index=0),),
    )

    assert Message.model_validate_json(whole.model_dump_json()) == whole
