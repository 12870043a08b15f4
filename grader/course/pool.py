"""Worker pool: gives jobs to worker processes as these become free; a slow job does not delay others."""

import contextlib
import json
import selectors
import subprocess
import time
from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from grader import programs
from grader.course.worker import Job, JobResult, PoolSettings, Prepare
from grader.errors import SandboxError
from grader.sandbox.launch import Zygotes

SLOW_SECONDS = 2.0
"""A worker whose newest job takes longer gets another job besides."""
_MOST_SLOW = 3
"""Slow jobs that a worker may have besides its newest one."""
AT_ONCE = 1 + _MOST_SLOW
"""Jobs that one worker may have at the same time."""
_END_SECONDS = 10
_ATTEMPTS = 2
PROGRAM = "from grader.course.worker import main; main(json.loads(sys.argv[1]))"


@dataclass
class PoolWorker:
    """One worker process and its jobs."""

    process: "subprocess.Popen[bytes]"
    running: dict[int, float] = field(default_factory=dict)
    """When each job was given, by number."""
    unread: bytearray = field(default_factory=bytearray)
    slow_seconds: float = SLOW_SECONDS

    def free_at(self) -> float:
        """Return when the worker can take another job, on the clock of time.monotonic()."""
        if len(self.running) >= AT_ONCE:
            return float("inf")
        return max(self.running.values(), default=-self.slow_seconds) + self.slow_seconds

    def give(self, job: Job) -> None:
        """Send one job to the worker."""
        assert self.process.stdin
        self.running[job.number] = time.monotonic()
        with contextlib.suppress(BrokenPipeError):  # that it ended is noticed when its results are read
            self.process.stdin.write(job.model_dump_json().encode() + b"\n")
            self.process.stdin.flush()

    def read(self) -> list[JobResult] | None:
        """Return the results that have arrived, None if the worker has ended."""
        assert self.process.stdout
        data = self.process.stdout.read1()  # type: ignore[attr-defined]
        if not data:
            return None
        *lines, rest = (self.unread + data).split(b"\n")
        self.unread = rest
        results = [JobResult.model_validate_json(bytes(line)) for line in lines]
        for result in results:
            self.running.pop(result.number)
        return results

    def close(self) -> None:
        """End the process, and with it the jobs that are still running."""
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
    """`count` workers with the same settings; a context that ends them all.

    Together they have at most `most` jobs. A job has one child process at a time, so this bounds the
    memory of all children. Each worker takes one of `zygotes`, if there are any, and starts its own if
    that one is lost. `program` is the Python source that each worker runs.
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
        self._workers = [self._open() for _ in range(count)]

    def __enter__(self) -> "WorkerPool":
        """Return the pool."""
        return self

    def __exit__(self, *_: object) -> None:
        """End all workers."""
        for worker in self._workers:
            assert worker.process.stdin
            with contextlib.suppress(BrokenPipeError):
                worker.process.stdin.close()  # so that all of them end at the same time
        for worker in self._workers:
            worker.close()

    def _open(self) -> PoolWorker:
        zygote = self._zygotes.take() if self._zygotes else None
        lent = zygote.lent if zygote else ()
        process = subprocess.Popen(
            programs.python(self._program, json.dumps(lent)),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            pass_fds=zygote.descriptors if zygote else (),
            process_group=0,  # so that Ctrl-C reaches only this process, which then ends the workers
        )
        if zygote:
            zygote.let_go()
        assert process.stdin
        with contextlib.suppress(BrokenPipeError):
            process.stdin.write(self._setting.model_dump_json().encode() + b"\n")
            process.stdin.flush()
        return PoolWorker(process, slow_seconds=self._slow_seconds)

    def work(self, jobs: Iterable[Job]) -> Iterator[JobResult]:
        """Yield the result of each job, as they are finished.

        A job whose worker ended is given to another worker, once. Raises `SandboxError` if a worker ends
        before it has prepared a task.
        """
        coming = iter(jobs)
        again: deque[Job] = deque()
        given: dict[int, tuple[Job, int]] = {}
        with selectors.DefaultSelector() as selector:
            for worker in self._workers:
                selector.register(worker.process.stdout or -1, selectors.EVENT_READ, worker)
            left = True
            while left or given or again:
                left = self._deal(coming, again, given, left)
                if not given:
                    continue
                waiting = (left or bool(again)) and len(given) < self._most
                for key, _ in selector.select(self._patience(waiting)):
                    results = key.data.read()
                    if results is None:
                        yield from self._replace(key.data, selector, given, again)
                        continue
                    for result in results:
                        del given[result.number]
                        yield result

    def _deal(
        self,
        coming: Iterator[Job],
        again: "deque[Job]",
        given: dict[int, tuple[Job, int]],
        left: bool,
    ) -> bool:
        """Give jobs to workers that can take one; return whether there may be more jobs."""
        while True:
            if len(given) >= self._most:
                return left
            worker = min(self._workers, key=PoolWorker.free_at)
            if worker.free_at() > time.monotonic():
                return left
            if again:
                job, attempt = again.popleft(), _ATTEMPTS
            else:
                found = next(coming, None)
                if found is None:
                    return False
                job, attempt = found, 1
            given[job.number] = job, attempt
            worker.give(job)

    def _patience(self, waiting: bool) -> float | None:
        """Return the seconds until a worker can take another job, None if no job is waiting."""
        if not waiting:
            return None
        earliest = min(worker.free_at() for worker in self._workers)
        return None if earliest == float("inf") else max(0.0, earliest - time.monotonic())

    def _replace(
        self,
        worker: PoolWorker,
        selector: selectors.BaseSelector,
        given: dict[int, tuple[Job, int]],
        again: "deque[Job]",
    ) -> Iterator[JobResult]:
        selector.unregister(worker.process.stdout or -1)
        worker.close()
        place = self._workers.index(worker)
        for number in worker.running:
            job, attempt = given.pop(number)
            if isinstance(job, Prepare):
                raise SandboxError("A process that grades ended before it began; what it said is above.")
            if attempt < _ATTEMPTS:
                again.append(job)
            else:
                yield JobResult(number=number, fault="the process that graded it ended twice")
        self._workers[place] = self._open()
        selector.register(
            self._workers[place].process.stdout or -1, selectors.EVENT_READ, self._workers[place]
        )
