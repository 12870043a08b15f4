"""Deals submissions out to desks as they come free; a slow one holds up nobody."""

import contextlib
import json
import selectors
import subprocess
import time
from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from grader import programs
from grader.course.worker import Job, JobResult, PoolSettings
from grader.errors import SandboxError
from grader.sandbox.launch import Zygotes

SLOW_SECONDS = 2.0
"""Whoever takes longer no longer keeps a place from others."""
_MOST_SLOW = 3
"""Slow ones at a desk, beside the one that is its work."""
AT_ONCE = 1 + _MOST_SLOW
_END_SECONDS = 10
_ATTEMPTS = 2
PROGRAM = "from grader.course.worker import main; main(json.loads(sys.argv[1]))"


@dataclass
class PoolWorker:
    """One process that grades, and what it has at hand."""

    process: "subprocess.Popen[bytes]"
    at_hand: dict[int, float] = field(default_factory=dict)
    """When each order was given, by number."""
    unread: bytearray = field(default_factory=bytearray)
    slow_seconds: float = SLOW_SECONDS

    def free_at(self) -> float:
        """Return when the desk can take one more, as time.monotonic() counts."""
        if len(self.at_hand) >= AT_ONCE:
            return float("inf")
        return max(self.at_hand.values(), default=-self.slow_seconds) + self.slow_seconds

    def give(self, order: Job) -> None:
        """Hand over one order."""
        assert self.process.stdin
        self.at_hand[order.number] = time.monotonic()
        with contextlib.suppress(BrokenPipeError):  # its end is noticed where its answers are read
            self.process.stdin.write(order.model_dump_json().encode() + b"\n")
            self.process.stdin.flush()

    def read(self) -> list[JobResult] | None:
        """Return the answers that have arrived, None where the desk has ended."""
        assert self.process.stdout
        data = self.process.stdout.read1()  # type: ignore[attr-defined]
        if not data:
            return None
        *lines, rest = (self.unread + data).split(b"\n")
        self.unread = rest
        answers = [JobResult.model_validate_json(bytes(line)) for line in lines]
        for answer in answers:
            self.at_hand.pop(answer.number)
        return answers

    def close(self) -> None:
        """End the process, and with it whatever it still grades."""
        assert self.process.stdin and self.process.stdout
        with contextlib.suppress(BrokenPipeError):
            self.process.stdin.close()
        try:
            self.process.wait(_END_SECONDS)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.process.stdout.close()


class WorkerPool:
    """So many desks with one setting; a context that ends them all.

    They have no more than `most` orders at hand together: an order has one child at a time, so this
    bounds the memory of all children. Each takes one of `zygotes`, where there are any, and starts
    its own where that is lost. `program` is what each runs, with its order as the last argument.
    """

    def __init__(
        self,
        setting: PoolSettings,
        count: int,
        most: int,
        zygotes: Zygotes | None = None,
        program: str = PROGRAM,
        slow_seconds: float = SLOW_SECONDS,
    ) -> None:
        self._setting = setting
        self._most = most
        self._zygotes = zygotes
        self._program = program
        self._slow_seconds = slow_seconds
        self._desks = [self._open() for _ in range(count)]

    def __enter__(self) -> "WorkerPool":
        """Return the desks."""
        return self

    def __exit__(self, *_: object) -> None:
        """End all desks."""
        for desk in self._desks:
            assert desk.process.stdin
            with contextlib.suppress(BrokenPipeError):
                desk.process.stdin.close()  # all end at the same time
        for desk in self._desks:
            desk.close()

    def _open(self) -> PoolWorker:
        zygote = self._zygotes.take() if self._zygotes else None
        lent = zygote.lent if zygote else ()
        process = subprocess.Popen(
            programs.python(self._program, json.dumps(lent)),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            pass_fds=zygote.descriptors if zygote else (),
            process_group=0,  # Ctrl-C reaches the grader only, which then ends the desks
        )
        if zygote:
            zygote.let_go()
        assert process.stdin
        with contextlib.suppress(BrokenPipeError):
            process.stdin.write(self._setting.model_dump_json().encode() + b"\n")
            process.stdin.flush()
        return PoolWorker(process, slow_seconds=self._slow_seconds)

    def work(self, orders: Iterable[Job]) -> Iterator[JobResult]:
        """Yield an answer to each order, in the order in which they are done.

        An order whose desk ended is given to another one, once. Raises `SandboxError` where
        a desk ends before it did anything.
        """
        coming = iter(orders)
        again: deque[Job] = deque()
        given: dict[int, tuple[Job, int]] = {}
        with selectors.DefaultSelector() as selector:
            for desk in self._desks:
                selector.register(desk.process.stdout or -1, selectors.EVENT_READ, desk)
            left = True
            while left or given or again:
                left = self._deal(coming, again, given, left)
                if not given:
                    continue
                waiting = (left or bool(again)) and len(given) < self._most
                for key, _ in selector.select(self._patience(waiting)):
                    answers = key.data.read()
                    if answers is None:
                        yield from self._replace(key.data, selector, given, again)
                        continue
                    for answer in answers:
                        del given[answer.number]
                        yield answer

    def _deal(
        self,
        coming: Iterator[Job],
        again: "deque[Job]",
        given: dict[int, tuple[Job, int]],
        left: bool,
    ) -> bool:
        """Give orders to desks that can take one; return whether there may be more."""
        while True:
            if len(given) >= self._most:
                return left
            desk = min(self._desks, key=PoolWorker.free_at)
            if desk.free_at() > time.monotonic():
                return left
            if again:
                order, attempt = again.popleft(), _ATTEMPTS
            else:
                found = next(coming, None)
                if found is None:
                    return False
                order, attempt = found, 1
            given[order.number] = order, attempt
            desk.give(order)

    def _patience(self, waiting: bool) -> float | None:
        """Return after how many seconds a desk can take one more, None if none is waiting."""
        if not waiting:
            return None
        earliest = min(desk.free_at() for desk in self._desks)
        return None if earliest == float("inf") else max(0.0, earliest - time.monotonic())

    def _replace(
        self,
        desk: PoolWorker,
        selector: selectors.BaseSelector,
        given: dict[int, tuple[Job, int]],
        again: "deque[Job]",
    ) -> Iterator[JobResult]:
        selector.unregister(desk.process.stdout or -1)
        desk.close()
        place = self._desks.index(desk)
        for number in desk.at_hand:
            order, attempt = given.pop(number)
            if order.task:
                raise SandboxError("A process that grades ended before it began; what it said is above.")
            if attempt < _ATTEMPTS:
                again.append(order)
            else:
                yield JobResult(number=number, fault="the process that graded it ended twice")
        self._desks[place] = self._open()
        selector.register(self._desks[place].process.stdout or -1, selectors.EVENT_READ, self._desks[place])
