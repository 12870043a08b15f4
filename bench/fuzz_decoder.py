"""Feeds the decoder of the sandbox's messages what a fuzzer makes up, guided by coverage.

    pip install -e '.[fuzz]'
    python bench/fuzz_decoder.py -max_total_time=60

Whatever arrives is a conversation or malformed: another exception, an input that takes more than five
seconds, or more memory than half a gigabyte ends the run with the input that did it.
"""

import os
import sys
import tempfile
from pathlib import Path

import atheris
import numpy as np

with atheris.instrument_imports(include=["grader"]):
    from grader.asking.conversation import _Listener
    from grader.errors import MalformedMessage
    from grader.sandbox.contract import Limits
    from grader.values import Fields, Items, Members, Number, Other, Table, Tensor, Value, Word
    from grader.wire import Answer, Drawn, Frame, Raised, pack, pack_answer, unpack

_LIMITS = Limits(message=1 << 20, answers=4 << 20)
_ASK = (("value", (0, 1)),)
_GREETING = pack("started", {}) + pack("loaded", {}) + pack("begin", {"check": "value"})

_VALUES: dict[str, Value] = {
    "tensor": Tensor("float64", np.ones((2, 3))),
    "flags": Tensor("bool", np.array([True, False])),
    "other": Other("a list"),
    "yes": True,
    "count": 7,
    "number": 0.5,
    "text": "a",
    "none": None,
    "bytes": b"ab",
    "complex": 1 + 2j,
    "array": Tensor("int64", np.ones(2, "i8"), numpy=True),
    "scalar": Number("float64", 0.5),
    "tree": Items(
        "Point", (Table("dict", (("k", Items("list", (1, "b"))),)), Members("set", (1,))), ("x", "y")
    ),
    "fields": Fields("Result", (("loss", 0.5), ("dtype", Word("torch.dtype", "torch.float32")))),
}
_ERROR = Raised(("ValueError", "Exception"), "no", (Frame("module.py", 3, "forward"),), 12)
_SEEDS = (
    Answer("value", 0, _VALUES, changed=("x",), sizes={"batch": 2}),
    Answer("value", 0, raised=_ERROR, drawn=(Drawn("tensor", "x", Tensor("float32", np.zeros(2, "f4"))),)),
)


def write_seeds(folder: Path) -> None:
    """Write what a worker really says, for the fuzzer to change."""
    for number, answer in enumerate(_SEEDS):
        frame = pack_answer(answer)
        (message,) = unpack(frame)
        header = frame[8 : len(frame) - len(message.payload)]
        (folder / f"frame{number}").write_bytes(b"\xff" + frame)
        (folder / f"message{number}").write_bytes(b"\x40" + header + b"\n" + message.payload)


def conversation(data: bytes) -> None:
    """Take `data`, whose first byte says how it is wrapped."""
    how, rest = data[:1], data[1:]
    if how < b"\x40":  # bytes as they are
        stream = rest
    elif how < b"\x80":  # as one message, in the place of an answer
        header, _, payload = rest.partition(b"\n")
        stream = _GREETING + len(header).to_bytes(4, "little") + len(payload).to_bytes(4, "little")
        stream += header + payload
    else:  # after the greeting
        stream = _GREETING + rest
    try:
        listener = _Listener(_ASK, _LIMITS)
        for at in range(0, len(stream), 64):
            listener.hear(stream[at : at + 64])
        unpack(stream)
    except MalformedMessage:
        pass


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as seeds:
        write_seeds(Path(seeds))
        child = os.fork()  # a fuzzer ends its process by itself, and would leave the folder behind
        if not child:
            atheris.Setup([*sys.argv, seeds, "-rss_limit_mb=512", "-timeout=5"], conversation)
            atheris.Fuzz()
        sys.exit(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
