"""What the grader says: an identifier with parameters, which `grader.report.messages` puts into words.

A fact is read from the identifier and the parameters, never from the words.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from pydantic import BaseModel, ConfigDict


class Record(BaseModel):
    """A frozen record that refuses unknown fields."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Message(Record):
    """One thing to say. A parameter may be a message itself, or several of them."""

    id: str
    parameters: dict[str, bool | int | float | str | Message | tuple[Message, ...] | tuple[str, ...]] = {}

    @classmethod
    def of(cls, id: str, /, **parameters: Parameter) -> Message:
        """Return the message `id` with these parameters."""
        return cls(id=id, parameters=parameters)


Parameter = bool | int | float | str | Message | tuple[Message, ...] | tuple[str, ...]


def parts(message: Message | None) -> Iterator[Message]:
    """Yield a message and all messages within it."""
    if message is None:
        return
    yield message
    for value in message.parameters.values():
        for one in value if isinstance(value, tuple) else (value,):
            if isinstance(one, Message):
                yield from parts(one)


def shortened(message: Message | None, most: int) -> Message | None:
    """Return a message whose texts have at most `most` characters each."""
    return None if message is None else with_texts(message, lambda text: text[:most])


def with_texts(message: Message, change: Callable[[str], str]) -> Message:
    """Return a message in which `change` was applied to each text."""

    def changed(value: Parameter) -> Parameter:
        if isinstance(value, str):
            return change(value)
        if isinstance(value, Message):
            return with_texts(value, change)
        if isinstance(value, tuple):
            return tuple(changed(one) for one in value)  # type: ignore[return-value]
        return value

    return Message(id=message.id, parameters={k: changed(v) for k, v in message.parameters.items()})
