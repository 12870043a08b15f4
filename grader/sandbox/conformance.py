"""Conformance of a sandbox back end: one function per promise; a back end that passes all is accepted.

`check(MyBackEnd)` tests everything that the back end's level promises and needs no test framework. With
pytest, run each of `promises(level)` as its own test, as the grader's tests do.
"""

import os
import platform
import tempfile
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from grader.errors import MalformedMessage
from grader.sandbox.contract import OUTPUT_KEPT, End, Ending, Level, Limits, Sandbox
from grader.wire import Answer, Reader, WireMessage, pack, parse_answer

CHECKS = '''
from grader import Task

task = Task()


@task.check(points=1, cases=2)
def value(impl, case):
    """The value."""
    return {"value": impl.value(case.number)}
'''
IDENTITY = "def value(number):\n    return number\n"
LIMITS = Limits(cpu_seconds=20)
_END_SECONDS = 20

OpenBox = Callable[[], Sandbox]


@dataclass(frozen=True)
class BackEnd:
    """A back end under test."""

    box: Sandbox
    """An open sandbox, shared by most promises."""
    open: OpenBox
    """Opens another sandbox."""


Promise = Callable[[BackEnd], None]
"""Raises `AssertionError` if the back end breaks it."""


def promises(level: Level) -> tuple[Promise, ...]:
    """Return the promises of a back end of this level."""
    return EVERY_LEVEL if level is Level.NONE else EVERY_LEVEL + ISOLATED


def check(open_box: OpenBox) -> None:
    """Test the back end that `open_box` opens against all promises of its level.

    Raises `AssertionError` that names each broken promise, and how it was broken.
    """
    broken = []
    with closing(open_box()) as box:
        for promise in promises(box.level):
            try:
                promise(BackEnd(box, open_box))
            except AssertionError as error:
                broken.append(f"{promise.__name__}: {error}")
    if broken:
        raise AssertionError("\n".join(broken))


def expect(found: object, wanted: object) -> None:
    """Raise `AssertionError` with both values if they differ."""
    if found != wanted:
        raise AssertionError(f"expected {wanted!r}, found {found!r}")


def job() -> bytes:
    """Return a job that asks a student's module for `value` in two cases.

    Packed here and not by `grader.asking.conversation`, which is a layer above.
    """
    parts = {"/assignment/checks.py": CHECKS.encode(), "/assignment/checks.pyc": b""}
    fields = {
        "module": "module",
        "folders": [""],
        "wanted": [],
        "going_on": False,
        "skip": [],
        "seed": 1,
        "ask": None,
        "record": False,
        "describe": True,
        "files": [[path, len(data)] for path, data in parts.items()],
    }
    return pack("ask", fields, b"".join(parts.values()))


def files(source: str) -> dict[str, bytes]:
    """Return the submission that the job is about."""
    return {"module.py": source.encode()}


class Heard:
    """A listener that records all messages and refuses the kind `refuse_at`; a check may take `seconds`."""

    def __init__(self, refuse_at: str = "", seconds: float = LIMITS.wall_seconds) -> None:
        self.messages: list[WireMessage] = []
        self._seconds = seconds
        self._refuse_at = refuse_at
        self._reader = Reader(LIMITS.message)

    def __call__(self, data: bytes) -> float | None:
        """See `grader.sandbox.contract.Hear`."""
        begun = False
        for message in self._reader.feed(data):
            self.messages.append(message)
            begun |= message.kind in ("loaded", "begin")
            if message.kind == self._refuse_at:
                raise MalformedMessage
        return self._seconds if begun else None

    @property
    def kinds(self) -> list[str]:
        """The kinds of the messages, in order."""
        return [message.kind for message in self.messages]

    @property
    def answers(self) -> list[Answer]:
        """The answers, in order."""
        return [parse_answer(message) for message in self.messages if message.kind == "answer"]

    @property
    def values(self) -> list[object]:
        """What each answer says; the name of the exception if one was raised."""
        return [
            answer.raised.kinds[0] if answer.raised else (answer.observed or {}).get("value")
            for answer in self.answers
        ]


def run(box: Sandbox, source: str, limits: Limits = LIMITS) -> tuple[Heard, Ending]:
    """Run the student's module `source`; return what was heard and how it ended."""
    heard = Heard(seconds=limits.wall_seconds)
    return heard, box.run(job(), limits, heard, files(source))


def seen(box: Sandbox, body: str, limits: Limits = LIMITS) -> object:
    """Return the result of the statements `body`, which end in `return`, run in the sandbox."""
    indented = "\n".join(f"    {line}" for line in body.splitlines())
    heard, ending = run(box, f"def value(number):\n{indented}\n", limits)
    return heard.values[0] if heard.values else ending


def allowed(box: Sandbox, *attempts: str) -> object:
    """Return, as text, the expressions of `attempts` that raised no exception in the sandbox."""
    body = (
        "import ctypes, mmap, os, pathlib, resource, signal, socket, subprocess, threading\n"
        "allowed = []\n"
        f"for attempt in {list(attempts)!r}:\n"
        "    try:\n"
        "        exec(attempt, dict(globals(), **locals()))\n"
        "    except (OSError, ValueError):\n"
        "        continue\n"
        "    allowed.append(attempt)\n"
        "return '\\n'.join(allowed)"
    )
    return seen(box, body)


def descendants() -> set[int]:
    """Return the processes that come from this one and have not ended (proc(5), stat)."""
    parents = {}
    for entry in os.listdir("/proc"):
        if entry.isdigit():
            try:
                # The name of a process is bytes of any kind.
                fields = Path("/proc", entry, "stat").read_bytes().rpartition(b")")[2].split()
            except OSError:
                continue
            if fields[0] != b"Z":
                parents[int(entry)] = int(fields[1])
    found, new = set[int](), {os.getpid()}
    while new:
        new = {pid for pid, parent in parents.items() if parent in new} - found
        found |= new
    return found


def _assignments() -> list[Path]:
    """Return the folder of the assignment that comes with the grader, installed or in a checkout."""
    package = Path(__file__).resolve().parents[1]
    return [path for path in (package / "bundled", package.parent / "reference") if path.is_dir()]


# With and without isolation.


def all_ended(before: set[int]) -> bool:
    """Wait until only the processes `before` are left; return whether that happened in time."""
    end = time.monotonic() + _END_SECONDS
    while not descendants() <= before:
        if time.monotonic() > end:
            return False
        time.sleep(0.01)
    return True


def a_job_is_answered(back_end: BackEnd) -> None:
    """Each case of the check gets its answer."""
    heard, ending = run(back_end.box, IDENTITY)

    expect((heard.values, ending), ([0, 1], Ending(End.DONE)))


def messages_come_in_the_order_of_the_work(back_end: BackEnd) -> None:
    """The listener hears of each step when it begins."""
    heard, _ = run(back_end.box, IDENTITY)

    expect(heard.kinds, ["started", "described", "loaded", "begin", "answer", "answer", "end"])


def a_program_works_beside_its_own_files(back_end: BackEnd) -> None:
    """They are in the directory that it works in, and nothing else is."""
    body = "import os\nreturn str(os.listdir('.')) + open('module.py').read()[:3]"

    expect(seen(back_end.box, body), "['module.py']def")


def files_that_are_held_are_written_once(back_end: BackEnd) -> None:
    """Runs that get the same mapping work in the same directory; it is no other's."""
    box, held = back_end.box, files("import os\ndef value(number):\n    return os.getcwd()\n")
    heard = [Heard(), Heard(), Heard()]
    with box.holding(held):
        for listener, given in zip(heard, (held, held, dict(held)), strict=True):
            box.run(job(), LIMITS, listener, given)
    found = [listener.values for listener in heard]

    expect((len(found[0]), found[1] == found[0], found[2] == found[0]), (2, True, False))


def an_exception_of_the_student_is_an_answer(back_end: BackEnd) -> None:
    """The program goes on with the next case."""
    heard, ending = run(back_end.box, "def value(number):\n    return 1 // number\n")

    expect((heard.values, ending.end), (["ZeroDivisionError", 1], End.DONE))


def an_exit_code_is_told(back_end: BackEnd) -> None:
    """A program that ends itself ends the run with its exit code."""
    _, ending = run(back_end.box, "import os\nos._exit(3)\n")

    expect(ending, Ending(End.EXIT, 3))


def a_signal_is_told(back_end: BackEnd) -> None:
    """A program that crashes ends the run with the number of the signal."""
    source = "import ctypes\ndef value(number):\n    ctypes.string_at(0)\n"
    heard, ending = run(back_end.box, source)

    expect((heard.values, ending.end, ending.code), ([], End.SIGNAL, 11))


def what_was_answered_before_the_end_arrives(back_end: BackEnd) -> None:
    """Answers are not lost if the program ends itself."""
    source = "import os\ndef value(number):\n    return number or os._exit(0) if number else 7\n"
    heard, ending = run(back_end.box, source)

    expect((heard.values, ending.end), ([7, 1], End.DONE))


def a_program_that_hangs_is_ended(back_end: BackEnd) -> None:
    """The time limit holds for a busy loop."""
    limits = Limits(wall_seconds=0.5)
    heard, ending = run(back_end.box, "def value(number):\n    while True: pass\n", limits)

    expect((heard.values, ending.end), ([], End.WALL))


def a_program_that_waits_for_nothing_is_ended(back_end: BackEnd) -> None:
    """The time limit holds for a program that uses no processor time."""
    source = "import time\ndef value(number):\n    time.sleep(999)\n"
    heard, ending = run(back_end.box, source, Limits(wall_seconds=0.5))

    expect((heard.values, ending.end), ([], End.WALL))


def a_check_has_the_time_that_the_listener_gives_it(back_end: BackEnd) -> None:
    """A check may take longer than the limit of a run says, or less long."""
    source = "import time\ndef value(number):\n    time.sleep(1.2)\n    return number\n"
    more, less = Heard(seconds=60), Heard(seconds=0.5)
    endings = [
        back_end.box.run(job(), Limits(wall_seconds=seconds), heard, files(source)).end
        for seconds, heard in ((1, more), (60, less))
    ]

    expect((more.values, less.values, endings), ([0, 1], [], [End.DONE, End.WALL]))


def a_program_that_takes_too_long_in_all_is_ended(back_end: BackEnd) -> None:
    """The time of a whole run is limited, beside that between two checks."""
    source = "import time\ndef value(number):\n    time.sleep(number * 999)\n    return number\n"
    heard, ending = run(back_end.box, source, Limits(wall_seconds=60, task_seconds=0.5))

    expect((heard.values, ending.end, ending.seconds >= 0.5), ([0], End.TASK, True))


def it_is_told_how_long_a_program_slept(back_end: BackEnd) -> None:
    """Sleep counts as the program's own time."""
    source = "import time\ndef value(number):\n    time.sleep(0.2)\n    return number\n"
    _, ending = run(back_end.box, source)

    # Twice 0.2 s, less what the clock does not see between two looks.
    expect((ending.end, ending.seconds >= 0.3), (End.DONE, True))


def a_program_that_says_a_word_now_and_then_is_ended_as_well(back_end: BackEnd) -> None:
    """Printing does not start the clock again."""
    source = (
        "import time\n"
        "def value(number):\n"
        "    while True:\n"
        "        print('still here', flush=True)\n"
        "        time.sleep(0.001)\n"
    )
    heard, ending = run(back_end.box, source, Limits(wall_seconds=0.5))

    expect((heard.values, ending.end), ([], End.WALL))


def a_thread_that_does_not_end_does_not_keep_the_run(back_end: BackEnd) -> None:
    """The run is over when the work is done."""
    source = (
        "import threading, time\n"
        "def value(number):\n"
        "    threading.Thread(target=time.sleep, args=(999,), daemon=True).start()\n"
        "    return number\n"
    )
    heard, ending = run(back_end.box, source)

    expect((heard.values, ending.end), ([0, 1], End.DONE))


def what_is_printed_is_kept(back_end: BackEnd) -> None:
    """Both standard streams count as output."""
    source = "import sys\nprint('out')\nprint('err', file=sys.stderr)\n" + IDENTITY
    heard, ending = run(back_end.box, source)

    expect((heard.values, sorted(ending.output.split())), ([0, 1], [b"err", b"out"]))


def of_much_output_the_beginning_is_kept(back_end: BackEnd) -> None:
    """At most `OUTPUT_KEPT` bytes are kept; the rest is read and forgotten."""
    source = f"print('begin' + 'x' * {2 * OUTPUT_KEPT}, flush=True)\n" + IDENTITY
    _, ending = run(back_end.box, source)

    expect(ending, Ending(End.DONE, 0, b"begin" + b"x" * (OUTPUT_KEPT - 5)))


def a_flood_of_output_is_ended(back_end: BackEnd) -> None:
    """The limit for output ends the run."""
    source = "def value(number):\n    while True: print('x' * 10000)\n"
    _, ending = run(back_end.box, source, Limits(output=1 << 18))

    expect((ending.end, len(ending.output)), (End.OUTPUT, OUTPUT_KEPT))


def a_message_that_is_not_believed_ends_the_run(back_end: BackEnd) -> None:
    """`MalformedMessage` from the listener ends the program at once."""
    heard = Heard(refuse_at="begin")
    source = "def value(number):\n    while True: pass\n"
    ending = back_end.box.run(job(), LIMITS, heard, files(source))

    expect((heard.kinds[-1:], ending.end), (["begin"], End.REFUSED))


def a_run_that_was_ended_leaves_nothing_running(back_end: BackEnd) -> None:
    """Threads of the program end with it."""
    run(back_end.box, IDENTITY)
    before = descendants()
    source = (
        "import threading\n"
        "def spin():\n"
        "    while True: pass\n"
        "def value(number):\n"
        "    for _ in range(3): threading.Thread(target=spin).start()\n"
        "    spin()\n"
    )
    _, ending = run(back_end.box, source, Limits(wall_seconds=0.5))

    expect((ending.end, descendants()), (End.WALL, before))


def a_listener_that_fails_leaves_nothing_running(back_end: BackEnd) -> None:
    """An error of the listener reaches the caller, and the child is ended."""
    run(back_end.box, IDENTITY)
    before = descendants()

    def hear(data: bytes) -> float | None:
        raise ZeroDivisionError

    try:
        back_end.box.run(job(), LIMITS, hear, files("while True: pass\n"))
    except ZeroDivisionError:
        expect(all_ended(before), True)
    else:
        raise AssertionError("the error of the listener was swallowed")


def runs_at_the_same_time_do_not_mix(back_end: BackEnd) -> None:
    """`run` may be called from several threads."""
    sources = [f"def value(number):\n    return {n} + number\n" for n in range(10, 90, 10)]
    with ThreadPoolExecutor(4) as pool:
        results = list(pool.map(lambda source: run(back_end.box, source)[0].values, sources))

    expect(results, [[n, n + 1] for n in range(10, 90, 10)])


def one_run_leaves_no_trace_in_the_next(back_end: BackEnd) -> None:
    """Each run has a process of its own."""
    run(back_end.box, "import torch, builtins\ntorch.left = builtins.left = 1\n" + IDENTITY)

    body = "import torch\nreturn hasattr(torch, 'left') or 'left' in dir(__builtins__)"

    expect(seen(back_end.box, body), False)


def a_program_that_breaks_builtins_harms_itself_only(back_end: BackEnd) -> None:
    """The answers still arrive."""
    source = "import builtins\nbuiltins.sum = builtins.sorted = builtins.dict = None\n" + IDENTITY
    heard, _ = run(back_end.box, source)

    expect(heard.values, [0, 1])


def closing_ends_everything(back_end: BackEnd) -> None:
    """No process is left after `close`."""
    before = descendants()
    with closing(back_end.open()) as box:
        heard, _ = run(box, IDENTITY)

    expect((heard.values, descendants()), ([0, 1], before))


def closing_ends_a_run_that_goes_on(back_end: BackEnd) -> None:
    """A run in another thread ends if the back end is closed."""
    before = descendants()
    box, loaded = back_end.open(), threading.Event()

    def hear(data: bytes) -> float | None:
        loaded.set()
        return LIMITS.wall_seconds

    with ThreadPoolExecutor(1) as pool:
        running = pool.submit(box.run, job(), LIMITS, hear, files("while True: pass\n"))
        running.add_done_callback(lambda _: loaded.set())  # so that a run that says nothing is not waited for
        loaded.wait()
        box.close()
        ending = running.result()

    expect((ending.end in (End.LOST, End.SIGNAL), all_ended(before)), (True, True))


def closing_before_the_first_run_ends_everything(back_end: BackEnd) -> None:
    """No process is left if nothing was ever run."""
    before = descendants()
    back_end.open().close()

    expect(descendants(), before)


# What only isolation can keep a program from.


def time_that_others_take_from_a_program_is_not_held_against_it(back_end: BackEnd) -> None:
    """The time limit counts the program's own time on a busy machine."""
    source = "import time\ndef value(number):\n    while time.process_time() < 0.8: pass\n    return number\n"
    at_once = 3 * len(os.sched_getaffinity(0))
    for few in (Limits(wall_seconds=2), Limits(task_seconds=2)):
        with ThreadPoolExecutor(at_once) as pool:
            endings = list(pool.map(lambda _, few=few: run(back_end.box, source, few)[1].end, range(at_once)))

        expect(endings, [End.DONE] * at_once)


def no_file_of_the_machine_can_be_read(back_end: BackEnd) -> None:
    """Neither the solution nor anything of this user or of the system."""
    with tempfile.TemporaryDirectory() as folder:
        secret = Path(folder, "secret")
        secret.write_text("secret")
        paths = [
            secret,
            *(assignment / "lstm_cell" / "solution.py" for assignment in _assignments()),
            *(assignment / "assignment.toml" for assignment in _assignments()),
            Path(__file__),
            Path.home() / ".profile",
            Path.home() / ".bashrc",
            Path("/etc/passwd"),
            Path("/etc/hostname"),
            Path("/proc/self/environ"),
            Path("/proc/self/maps"),
            Path("/proc/1/cmdline"),
            Path("/proc/version"),
            Path("/sys/kernel/mm/transparent_hugepage/enabled"),
        ]

        expect(allowed(back_end.box, *(f"open({str(path)!r}, 'rb').read()" for path in paths)), "")


def no_folder_of_the_machine_can_be_listed(back_end: BackEnd) -> None:
    """Names of files are secrets as well."""
    with tempfile.TemporaryDirectory() as folder:
        paths = ["/", "..", "/proc", "/tmp", "/etc", "/home", "/root", folder, *_assignments()]

        expect(allowed(back_end.box, *(f"os.listdir({str(path)!r})" for path in paths)), "")


def the_graders_own_modules_are_not_importable_beyond_those_it_needs(back_end: BackEnd) -> None:
    """What judges is not in the box."""
    body = (
        "import importlib\n"
        "found = []\n"
        "for name in ('judge', 'key', 'grading', 'cli', 'assignment', 'bundled'):\n"
        "    try:\n"
        "        importlib.import_module('grader.' + name)\n"
        "        found.append(name)\n"
        "    except (ImportError, OSError):\n"
        "        pass\n"
        "return ' '.join(found)"
    )

    expect(seen(back_end.box, body), "")


def a_package_that_a_program_may_not_read_is_not_installed_for_it(back_end: BackEnd) -> None:
    """It cannot be found, so that a fallback in the program works."""
    body = (
        "import importlib.util\n"
        "try:\n"
        "    import pydantic\n"
        "except ImportError as error:\n"
        "    return str((importlib.util.find_spec('pydantic'), str(error)))"
    )

    expect(seen(back_end.box, body), str((None, "No module named 'pydantic'")))


def nothing_can_be_written(back_end: BackEnd) -> None:
    """No file can be made, changed or removed."""
    with tempfile.TemporaryDirectory() as made:
        there = os.path.join(made, "there")
        Path(there).write_text("")
        folders = [Path(made), Path("/tmp"), Path("/dev/shm"), Path.home(), Path("."), Path("/")]
        attempts = [
            *(f"open({str(folder / 'written')!r}, 'w')" for folder in folders),
            *(f"os.mkdir({str(folder / 'made')!r})" for folder in folders),
            f"open({there!r}, 'a')",
            f"os.truncate({there!r}, 0)",
            f"os.unlink({there!r})",
            f"os.chmod({there!r}, 0)",
            f"os.utime({there!r})",
            f"os.rename({there!r}, {there + '2'!r})",
            f"os.symlink('/etc/passwd', {there + '3'!r})",
            f"os.link({there!r}, {there + '4'!r})",
            "os.memfd_create('x')",
            "os.open('/dev/null', os.O_WRONLY)",
        ]

        expect((allowed(back_end.box, *attempts), os.listdir(made)), ("", ["there"]))


def there_is_no_socket(back_end: BackEnd) -> None:
    """No network, and no socket to another process."""
    attempts = [
        "socket.socket()",
        "socket.socket(socket.AF_UNIX)",
        "socket.socket(socket.AF_NETLINK, socket.SOCK_RAW)",
        "socket.socket(socket.AF_INET, socket.SOCK_DGRAM)",
        "socket.socketpair()",
        "socket.create_connection(('127.0.0.1', 22), 1)",
        "socket.getaddrinfo('localhost', 80)",
    ]

    expect(allowed(back_end.box, *attempts), "")


def there_is_no_second_process(back_end: BackEnd) -> None:
    """A program may start threads, no processes."""
    attempts = [
        "os.fork() or os._exit(9)",
        "os.forkpty()",
        "os.posix_spawn('/bin/true', ['true'], {})",
        "os.execv('/bin/true', ['true'])",
        "subprocess.run(['/bin/true'])",
        "__import__('sys').stdout.flush(); __import__('multiprocessing').Process(target=print).start()",
    ]

    expect(allowed(back_end.box, *attempts), "")


def no_other_process_can_be_signalled(back_end: BackEnd) -> None:
    """Not even its parent."""
    # Signal 0 asks for the permission alone: should the box leak, this machine survives it.
    attempts = [
        "os.kill(os.getppid(), 0)",
        "os.kill(1, 0)",
        "os.kill(-1, 0)",
        "os.killpg(0, 0)",
        "os.pidfd_open(os.getppid())",
    ]

    expect(allowed(back_end.box, *attempts), "")


def limits_and_identity_cannot_be_changed(back_end: BackEnd) -> None:
    """A program keeps the limits and the user that it was given."""
    attempts = [
        "resource.setrlimit(resource.RLIMIT_CPU, (999, 999))",
        "resource.prlimit(os.getppid(), resource.RLIMIT_CPU)",
        "os.setuid(0)",
        "os.setgroups([])",
        "os.chroot('/')",
        "os.setpriority(os.PRIO_PROCESS, 0, 0)",
        "os.nice(-1)",
    ]

    expect(allowed(back_end.box, *attempts), "")


def system_calls_that_reach_out_are_refused(back_end: BackEnd) -> None:
    """Each of these fails with EPERM, whatever its arguments are."""
    numbers = {
        "shmget": 29, "clone without thread": 56, "vfork": 58, "execve": 59, "kill": 62,
        "semget": 64, "msgget": 68, "ptrace": 101, "personality": 135, "chroot": 161,
        "mount": 165, "tkill": 200, "add_key": 248, "keyctl": 250, "unshare": 272,
        "perf_event_open": 298, "open_by_handle_at": 304, "setns": 308,
        "process_vm_readv": 310, "process_vm_writev": 311, "seccomp": 317,
        "memfd_create": 319, "bpf": 321, "execveat": 322, "userfaultfd": 323,
        "pidfd_send_signal": 424, "io_uring_setup": 425, "pidfd_open": 434,
        "openat2": 437, "pidfd_getfd": 438, "process_madvise": 440, "memfd_secret": 447,
    }  # fmt: skip
    body = (
        "import ctypes\n"
        "libc = ctypes.CDLL(None, use_errno=True)\n"
        "answers = {}\n"
        f"for name, number in {numbers!r}.items():\n"
        "    ctypes.set_errno(0)\n"
        "    libc.syscall(number, 0, 0, 0, 0, 0, 0)\n"
        "    answers[name] = ctypes.get_errno()\n"
        "return ' '.join(name for name, error in answers.items() if error != 1)"
    )

    expect(seen(back_end.box, body), "")


def memory_is_limited(back_end: BackEnd) -> None:
    """An allocation beyond the limit fails, and the program can go on."""
    kinds = {
        "bytearray(600 << 20)": "MemoryError",
        "torch.zeros(600 << 20, dtype=torch.uint8)": "RuntimeError",
        "mmap.mmap(-1, 600 << 20)": "OSError",
        "[b'x' * (1 << 20) for _ in range(600)]": "MemoryError",
    }
    for take, kind in kinds.items():
        source = f"import mmap, torch\ndef value(number):\n    return number or len({take})\n"
        heard, ending = run(back_end.box, source, Limits(memory=256 << 20))

        expect((take, heard.values, ending.end), (take, [kind, 1], End.DONE))


def processor_time_is_limited(back_end: BackEnd) -> None:
    """The limit for processor time ends the run."""
    source = "def value(number):\n    while True: pass\n"
    _, ending = run(back_end.box, source, Limits(cpu_seconds=1, wall_seconds=60))

    expect(ending.end, End.CPU)


def a_program_that_ignores_the_end_of_its_processor_time_is_killed(back_end: BackEnd) -> None:
    """The signal can be ignored, the kill after it cannot."""
    source = (
        "import signal\n"
        "signal.signal(signal.SIGXCPU, signal.SIG_IGN)\n"
        "def value(number):\n    while True: pass\n"
    )
    _, ending = run(back_end.box, source, Limits(cpu_seconds=1, wall_seconds=60))

    expect((ending.end, ending.code), (End.SIGNAL, 9))


def the_environment_and_the_arguments_tell_nothing(back_end: BackEnd) -> None:
    """Only names that every box has are set."""
    known = {"PATH", "HOME", "USER", "LANG", "LC_CTYPE", "PWD", "OMP_NUM_THREADS", "MKL_NUM_THREADS"}
    known |= {"OPENBLAS_NUM_THREADS", "PYTHONHASHSEED", "PYTHONDONTWRITEBYTECODE"}
    # What torch itself sets while it is imported.
    known |= {
        "TORCHINDUCTOR_CACHE_DIR",
        "TORCH_COMPILE_DISABLE",
        "KMP_DUPLICATE_LIB_OK",
        "KMP_INIT_AT_FORK",
    }
    body = f"import os, sys\nreturn ' '.join(sorted(set(os.environ) - {known!r})) + ' '.join(sys.argv[1:])"

    expect(seen(back_end.box, body), "")


def the_answers_are_the_one_descriptor_beside_the_standard_ones(back_end: BackEnd) -> None:
    """No descriptor of the grader is left open."""
    body = (
        "import os\n"
        "def is_open(descriptor):\n"
        "    try:\n"
        "        return bool(os.fstat(descriptor))\n"
        "    except OSError:\n"
        "        return False\n"
        "return sum(map(is_open, range(3, 64)))"
    )

    expect(seen(back_end.box, body), 1)


def bytes_that_are_no_message_end_the_run(back_end: BackEnd) -> None:
    """A program may write to the descriptor of the answers; it gains nothing."""
    source = (
        "import os\n"
        "def value(number):\n"
        "    for descriptor in range(3, 64):\n"
        "        try: os.write(descriptor, b'\\xff' * 100)\n"
        "        except OSError: pass\n"
        "    while True: pass\n"
    )
    heard, ending = run(back_end.box, source)

    expect((heard.kinds[-1:], ending.end), (["begin"], End.REFUSED))


def threads_can_be_used(back_end: BackEnd) -> None:
    """A program may start threads."""
    body = (
        "import threading\n"
        "found = []\n"
        "threads = [threading.Thread(target=found.append, args=(n,)) for n in range(4)]\n"
        "for thread in threads: thread.start()\n"
        "for thread in threads: thread.join()\n"
        "return sum(found)"
    )

    expect(seen(back_end.box, body), 6)


EVERY_LEVEL: tuple[Promise, ...] = (
    a_job_is_answered,
    messages_come_in_the_order_of_the_work,
    a_program_works_beside_its_own_files,
    files_that_are_held_are_written_once,
    an_exception_of_the_student_is_an_answer,
    an_exit_code_is_told,
    a_signal_is_told,
    what_was_answered_before_the_end_arrives,
    a_program_that_hangs_is_ended,
    a_program_that_waits_for_nothing_is_ended,
    a_program_that_takes_too_long_in_all_is_ended,
    it_is_told_how_long_a_program_slept,
    a_program_that_says_a_word_now_and_then_is_ended_as_well,
    a_thread_that_does_not_end_does_not_keep_the_run,
    what_is_printed_is_kept,
    of_much_output_the_beginning_is_kept,
    a_flood_of_output_is_ended,
    a_message_that_is_not_believed_ends_the_run,
    a_run_that_was_ended_leaves_nothing_running,
    a_listener_that_fails_leaves_nothing_running,
    runs_at_the_same_time_do_not_mix,
    one_run_leaves_no_trace_in_the_next,
    a_program_that_breaks_builtins_harms_itself_only,
    closing_ends_everything,
    closing_ends_a_run_that_goes_on,
    closing_before_the_first_run_ends_everything,
)

ISOLATED: tuple[Promise, ...] = (
    time_that_others_take_from_a_program_is_not_held_against_it,
    no_file_of_the_machine_can_be_read,
    no_folder_of_the_machine_can_be_listed,
    the_graders_own_modules_are_not_importable_beyond_those_it_needs,
    a_package_that_a_program_may_not_read_is_not_installed_for_it,
    nothing_can_be_written,
    there_is_no_socket,
    there_is_no_second_process,
    no_other_process_can_be_signalled,
    limits_and_identity_cannot_be_changed,
    # Their numbers are those of x86_64.
    *([system_calls_that_reach_out_are_refused] if platform.machine() == "x86_64" else []),
    memory_is_limited,
    processor_time_is_limited,
    a_program_that_ignores_the_end_of_its_processor_time_is_killed,
    the_environment_and_the_arguments_tell_nothing,
    the_answers_are_the_one_descriptor_beside_the_standard_ones,
    bytes_that_are_no_message_end_the_run,
    threads_can_be_used,
)
