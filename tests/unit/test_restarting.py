"""Where a sandbox is lost, the next run finds a new one."""

import threading
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field

import pytest

from grader.errors import SandboxError
from grader.sandbox.contract import End, Ending, Hear, Level, Limits
from grader.sandbox.restarting import RestartingSandbox


@dataclass
class Box:
    """A sandbox that ends every run alike."""

    end: End = End.DONE
    level: Level = Level.GOOD
    not_isolated: tuple[str, ...] = ("the network",)
    ran: list[bytes] = field(default_factory=list)
    closed: int = 0
    meet: "threading.Barrier | None" = None

    def run(self, job: bytes, limits: Limits, hear: Hear, files: Mapping[str, bytes]) -> Ending:
        self.ran.append(job)
        if self.meet:
            self.meet.wait()
        return Ending(self.end)

    def holding(self, files: Mapping[str, bytes]) -> AbstractContextManager[object]:
        return nullcontext()

    def alone(self) -> AbstractContextManager[object]:
        return nullcontext()

    def close(self) -> None:
        self.closed += 1


class Store:
    """Hands out one box after the other, and remembers which."""

    def __init__(self, *boxes: Box) -> None:
        self.left = list(boxes)
        self.opened: list[Box] = []

    def __call__(self) -> Box:
        self.opened.append(self.left.pop(0))
        return self.opened[-1]


def run(lasting: RestartingSandbox, job: bytes = b"job") -> End:
    return lasting.run(job, Limits(), lambda data: False, {}).end


def test_it_is_as_isolated_as_its_box() -> None:
    lasting = RestartingSandbox(Store(Box()))

    assert (lasting.level, lasting.not_isolated) == (Level.GOOD, ("the network",))


@pytest.mark.parametrize("end", [end for end in End if end is not End.LOST])
def test_a_run_that_ends_in_any_way_leaves_the_box(end: End) -> None:
    store = Store(Box(end), Box())
    lasting = RestartingSandbox(store)
    ends = [run(lasting), run(lasting)]

    assert (ends, len(store.opened), store.opened[0].closed) == ([end, end], 1, 0)


def test_a_lost_box_is_closed_and_the_next_run_finds_another() -> None:
    store = Store(Box(End.LOST), Box())
    lasting = RestartingSandbox(store)
    ends = [run(lasting, b"one"), run(lasting, b"two")]

    assert (ends, [box.ran for box in store.opened], store.opened[0].closed) == (
        [End.LOST, End.DONE],
        [[b"one"], [b"two"]],
        1,
    )


def test_of_several_that_lose_a_box_one_replaces_it() -> None:
    store = Store(Box(End.LOST, meet=threading.Barrier(4)), Box(), Box(), Box(), Box())
    lasting = RestartingSandbox(store)
    threads = [threading.Thread(target=run, args=(lasting,)) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert (len(store.opened), store.opened[0].closed) == (2, 1)


def test_closing_ends_the_box_that_is_there_now() -> None:
    store = Store(Box(End.LOST), Box())
    lasting = RestartingSandbox(store)
    run(lasting)
    lasting.close()

    assert [box.closed for box in store.opened] == [1, 1]


def test_after_closing_no_box_is_opened_any_more() -> None:
    store = Store(Box(End.LOST), Box())
    lasting = RestartingSandbox(store)
    lasting.close()
    run(lasting)

    assert len(store.opened) == 1


@dataclass
class Failing(Box):
    """A sandbox whose runs cannot begin; `before` happens first."""

    before: Callable[[], object] = lambda: None

    def run(self, job: bytes, limits: Limits, hear: Hear, files: Mapping[str, bytes]) -> Ending:
        self.before()
        raise SandboxError("The files of a submission cannot be written.")


def test_a_run_that_cannot_begin_fails_with_its_error() -> None:
    with pytest.raises(SandboxError, match="cannot be written"):
        run(RestartingSandbox(Store(Failing())))


def test_a_run_whose_box_another_run_lost_and_closed_is_lost_as_well() -> None:
    failing = Failing()
    lasting = RestartingSandbox(Store(failing, Box()))
    failing.before = lambda: lasting._replace(failing)

    assert (run(lasting), run(lasting), failing.closed) == (End.LOST, End.DONE, 1)


def test_what_is_alone_waits_for_the_others_and_lets_none_begin() -> None:
    arrive, leave = threading.Event(), threading.Event()
    other, box = Box(), Failing()
    lasting = RestartingSandbox(Store(box))
    order: list[str] = []

    def slow(job: bytes) -> Ending:
        arrive.set()
        leave.wait(10)
        order.append("the first run ended")
        return Ending(End.DONE)

    box.run = lambda job, limits, hear, files: (
        slow(job) if job == b"first" else other.run(job, limits, hear, files)
    )  # type: ignore[method-assign]
    first = threading.Thread(target=run, args=(lasting, b"first"))
    first.start()
    arrive.wait(10)

    def alone() -> None:
        with lasting.alone():
            later.start()
            order.append(f"alone: {run(lasting, b'own').value}")

    later = threading.Thread(target=lambda: order.append(f"later: {run(lasting, b'later').value}"))
    waiting = threading.Thread(target=alone)
    waiting.start()
    leave.set()
    for thread in (first, waiting, later):
        thread.join()

    assert order == ["the first run ended", "alone: done", "later: done"]
    assert other.ran == [b"own", b"later"]
