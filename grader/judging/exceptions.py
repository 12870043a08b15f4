"""Says which exception left a student's program, and what may help."""

from collections.abc import Collection, Sequence

from grader.asking.questions import LeftOut
from grader.judging import exception_help, import_help
from grader.results.message import Message
from grader.wire import Held, Raised

_MEMORY_ERRORS = {"MemoryError", "OutOfMemoryError"}
_WITH_LENGTH = {"tuple", "list", "dict"}


def is_of_memory(error: Raised) -> bool:
    """Whether an exception says that no memory was left."""
    return bool(_MEMORY_ERRORS & set(error.kinds)) or "DefaultCPUAllocator" in error.message


def raised_message(error: Raised, memory: int) -> Message:
    """Return an exception as the end of a sentence; `memory` is the limit in bytes."""
    if is_of_memory(error):
        return Message.of("exception_of_memory", kind=error.kinds[0], most=memory)
    if error.kinds[0] == "MissingName":
        return Message.of("exception_missing_name", text=error.message)
    lines = error.message.strip().splitlines()
    first = lines[0].rstrip(".") if lines else ""
    if first:
        exception = Message.of("exception_saying", kind=error.kinds[0], text=first)
    else:
        exception = Message.of("exception", kind=error.kinds[0])
    sentence = Message.of("sentence_end", text=exception)
    for more in (_part(error), import_help.out_of_reach(error) or exception_help.advice(error)):
        if more is not None:
            sentence = Message.of("with_advice", message=sentence, advice=more)
    return sentence


def _part(error: Raised) -> Message | None:
    """Return the part of the line that raised and what its names held, None if nothing is known of them."""
    if error.blamed is None or not error.blamed.held or not error.frames:
        return None
    tensors = [one for one in error.blamed.held if one.dtype]
    common = {one.dtype for one in tensors} if len(tensors) > 1 else set()
    held = [_held(one, with_dtype=len(common) != 1) for one in error.blamed.held]
    if len(common) == 1:
        held.append(Message.of("held_dtype", dtype=tensors[0].dtype))
    return Message.of("raised_in", part=error.blamed.part, held=tuple(held))


def _held(one: Held, with_dtype: bool) -> Message:
    """Return what a name held: of a tensor the shape, and the dtype if the tensors differ in theirs."""
    if one.dtype:
        shape = str(one.shape)
        if not with_dtype:
            return Message.of("held_shape", name=one.name, shape=shape)
        return Message.of("held_tensor", name=one.name, shape=shape, dtype=one.dtype)
    if one.kind in _WITH_LENGTH and one.shape:
        return Message.of("held_length", name=one.name, kind=one.kind, count=one.shape[0])
    if one.kind == "None":
        return Message.of("held_none", name=one.name)
    return Message.of("held_other", name=one.name, kind=one.kind)


def failure(
    error: Raised,
    memory: int,
    checks: Sequence[str],
    left_out: Sequence[LeftOut],
    module: str = "",
    files: Collection[str] = (),
) -> Message:
    """Return that the program raised an exception; `checks` are the lines of `checks.py`.

    `files` are those of the submission, of which `module` was asked.
    """
    message = Message.of("program_raised", error=raised_message(error, memory))
    # If no line of the student's raised it, show the line of the check that could not go on.
    if not error.frames and 0 < error.check_line <= len(checks):
        asked = Message.of("check_could_not_continue", code=checks[error.check_line - 1].strip())
        message = Message.of("with_advice", message=message, advice=asked)
        if "NoneType" in error.message:
            message = Message.of("with_advice", message=message, advice=Message.of("is_return_missing"))
    cause = import_help.because(error, left_out, module, files)
    return message if cause is None else Message.of("with_advice", message=message, advice=cause)
