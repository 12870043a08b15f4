"""What every back end of the sandbox must keep to; a back end is accepted when it passes.

`tests/sandbox/test_*.py` subclass one of the two classes and give a fixture `box` (a back end, warm or
not) and a fixture `open_box` (a function that starts another one).
"""

import os
import platform
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import pytest

from grader.asking.conversation import Question
from grader.assignment.loader import bundled
from grader.errors import MalformedMessage
from grader.sandbox.contract import OUTPUT_KEPT, End, Ending, Limits, Sandbox
from grader.wire import Answer, Message, Reader, parse_answer

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

OpenBox = Callable[[], Sandbox]


def job(source: str) -> bytes:
    """Return the job that asks `value` of the student's module `source`, for two cases."""
    return Question(CHECKS, "module", files(source), seed=1).job(())


def files(source: str) -> dict[str, bytes]:
    """Return the submission that the job is about."""
    return {"module.py": source.encode()}


class Heard:
    """A listener that believes everything and keeps it; `refuse_at` is the kind it refuses."""

    def __init__(self, refuse_at: str = "") -> None:
        self.messages: list[Message] = []
        self._refuse_at = refuse_at
        self._reader = Reader(LIMITS.message)

    def __call__(self, data: bytes) -> bool:
        begun = False
        for message in self._reader.feed(data):
            self.messages.append(message)
            begun |= message.kind in ("loaded", "begin")
            if message.kind == self._refuse_at:
                raise MalformedMessage
        return begun

    @property
    def kinds(self) -> list[str]:
        return [message.kind for message in self.messages]

    @property
    def answers(self) -> list[Answer]:
        return [parse_answer(message) for message in self.messages if message.kind == "answer"]

    @property
    def values(self) -> list[object]:
        return [
            answer.raised.kinds[0] if answer.raised else (answer.observed or {}).get("value")
            for answer in self.answers
        ]


def run(box: Sandbox, source: str, limits: Limits = LIMITS) -> tuple[Heard, Ending]:
    """Run the student's module `source`; return what was heard and how it ended."""
    heard = Heard()
    return heard, box.run(job(source), limits, heard, files(source))


def seen(box: Sandbox, body: str, limits: Limits = LIMITS) -> object:
    """Return what the statements `body`, which end in `return`, give inside the box."""
    indented = "\n".join(f"    {line}" for line in body.splitlines())
    heard, ending = run(box, f"def value(number):\n{indented}\n", limits)
    return heard.values[0] if heard.values else ending


def allowed(box: Sandbox, *attempts: str) -> object:
    """Return which of `attempts` (expressions) raised no exception inside the box, as text."""
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
                fields = Path("/proc", entry, "stat").read_text().rpartition(")")[2].split()
            except OSError:
                continue
            if fields[0] != "Z":
                parents[int(entry)] = int(fields[1])
    found, new = set[int](), {os.getpid()}
    while new:
        new = {pid for pid, parent in parents.items() if parent in new} - found
        found |= new
    return found


class EveryBackEnd:
    """What holds with and without isolation."""

    def test_a_job_is_answered(self, box: Sandbox) -> None:
        heard, ending = run(box, IDENTITY)

        assert (heard.values, ending) == ([0, 1], Ending(End.DONE))

    def test_messages_come_in_the_order_of_the_work(self, box: Sandbox) -> None:
        heard, _ = run(box, IDENTITY)

        assert heard.kinds == ["started", "described", "loaded", "begin", "answer", "answer", "end"]

    def test_an_exception_of_the_student_is_an_answer(self, box: Sandbox) -> None:
        heard, ending = run(box, "def value(number):\n    return 1 // number\n")

        assert (heard.values, ending.end) == (["ZeroDivisionError", 1], End.DONE)

    def test_an_exit_code_is_told(self, box: Sandbox) -> None:
        _, ending = run(box, "import os\nos._exit(3)\n")

        assert ending == Ending(End.EXIT, 3)

    def test_a_signal_is_told(self, box: Sandbox) -> None:
        source = "import ctypes\ndef value(number):\n    ctypes.string_at(0)\n"
        heard, ending = run(box, source)

        assert (heard.values, ending.end, ending.code) == ([], End.SIGNAL, 11)

    def test_what_was_answered_before_the_end_arrives(self, box: Sandbox) -> None:
        source = "import os\ndef value(number):\n    return number or os._exit(0) if number else 7\n"
        heard, ending = run(box, source)

        assert (heard.values, ending.end) == ([7, 1], End.DONE)

    def test_a_program_that_hangs_is_ended(self, box: Sandbox) -> None:
        limits = Limits(wall_seconds=0.5)
        heard, ending = run(box, "def value(number):\n    while True: pass\n", limits)

        assert (heard.values, ending.end) == ([], End.WALL)

    def test_a_program_that_waits_for_nothing_is_ended(self, box: Sandbox) -> None:
        source = "import time\ndef value(number):\n    time.sleep(999)\n"
        heard, ending = run(box, source, Limits(wall_seconds=0.5))

        assert (heard.values, ending.end) == ([], End.WALL)

    def test_a_program_that_says_a_word_now_and_then_is_ended_as_well(self, box: Sandbox) -> None:
        source = (
            "import time\n"
            "def value(number):\n"
            "    while True:\n"
            "        print('still here', flush=True)\n"
            "        time.sleep(0.001)\n"
        )
        heard, ending = run(box, source, Limits(wall_seconds=0.5))

        assert (heard.values, ending.end) == ([], End.WALL)

    def test_a_thread_that_does_not_end_does_not_keep_the_run(self, box: Sandbox) -> None:
        source = (
            "import threading, time\n"
            "def value(number):\n"
            "    threading.Thread(target=time.sleep, args=(999,), daemon=True).start()\n"
            "    return number\n"
        )
        heard, ending = run(box, source)

        assert (heard.values, ending.end) == ([0, 1], End.DONE)

    def test_what_is_printed_is_kept(self, box: Sandbox) -> None:
        source = "import sys\nprint('out')\nprint('err', file=sys.stderr)\n" + IDENTITY
        heard, ending = run(box, source)

        assert (heard.values, sorted(ending.output.split())) == ([0, 1], [b"err", b"out"])

    def test_of_much_output_the_beginning_is_kept(self, box: Sandbox) -> None:
        source = f"print('begin' + 'x' * {2 * OUTPUT_KEPT}, flush=True)\n" + IDENTITY
        _, ending = run(box, source)

        assert ending == Ending(End.DONE, 0, b"begin" + b"x" * (OUTPUT_KEPT - 5))

    def test_a_flood_of_output_is_ended(self, box: Sandbox) -> None:
        source = "def value(number):\n    while True: print('x' * 10000)\n"
        _, ending = run(box, source, Limits(output=1 << 18))

        assert (ending.end, len(ending.output)) == (End.OUTPUT, OUTPUT_KEPT)

    def test_a_message_that_is_not_believed_ends_the_run(self, box: Sandbox) -> None:
        heard = Heard(refuse_at="begin")
        source = "def value(number):\n    while True: pass\n"
        ending = box.run(job(source), LIMITS, heard, files(source))

        assert (heard.kinds[-1], ending.end) == ("begin", End.REFUSED)

    def test_a_run_that_was_ended_leaves_nothing_running(self, box: Sandbox) -> None:
        run(box, IDENTITY)
        before = descendants()
        source = (
            "import threading\n"
            "def spin():\n"
            "    while True: pass\n"
            "def value(number):\n"
            "    for _ in range(3): threading.Thread(target=spin).start()\n"
            "    spin()\n"
        )
        _, ending = run(box, source, Limits(wall_seconds=0.5))

        assert (ending.end, descendants()) == (End.WALL, before)

    def test_runs_at_the_same_time_do_not_mix(self, box: Sandbox) -> None:
        sources = [f"def value(number):\n    return {n} + number\n" for n in range(10, 90, 10)]
        with ThreadPoolExecutor(4) as pool:
            results = list(pool.map(lambda source: run(box, source)[0].values, sources))

        assert results == [[n, n + 1] for n in range(10, 90, 10)]

    def test_one_run_leaves_no_trace_in_the_next(self, box: Sandbox) -> None:
        run(box, "import torch, builtins\ntorch.left = builtins.left = 1\n" + IDENTITY)

        assert (
            seen(box, "import torch\nreturn hasattr(torch, 'left') or 'left' in dir(__builtins__)") is False
        )

    def test_a_student_who_breaks_builtins_harms_himself_only(self, box: Sandbox) -> None:
        source = "import builtins\nbuiltins.sum = builtins.sorted = builtins.dict = None\n" + IDENTITY
        heard, _ = run(box, source)

        assert heard.values == [0, 1]

    def test_closing_ends_everything(self, open_box: OpenBox) -> None:
        before = descendants()
        with closing(open_box()) as box:
            heard, _ = run(box, IDENTITY)

        assert (heard.values, descendants()) == ([0, 1], before)

    def test_closing_before_the_first_run_ends_everything(self, open_box: OpenBox) -> None:
        before = descendants()
        open_box().close()

        assert descendants() == before


class IsolatingBackEnd(EveryBackEnd):
    """What a back end of level `good` or `full` keeps a program from."""

    def test_time_that_others_take_from_a_program_is_not_held_against_it(self, box: Sandbox) -> None:
        source = (
            "import time\ndef value(number):\n    while time.process_time() < 0.3: pass\n    return number\n"
        )
        few = Limits(wall_seconds=0.5)
        at_once = 3 * len(os.sched_getaffinity(0))
        with ThreadPoolExecutor(at_once) as pool:
            endings = list(pool.map(lambda _: run(box, source, few)[1].end, range(at_once)))

        assert endings == [End.DONE] * at_once

    def test_no_file_of_the_machine_can_be_read(self, box: Sandbox, tmp_path: Path) -> None:
        (tmp_path / "secret").write_text("secret")
        paths = [
            tmp_path / "secret",
            bundled() / "lstm_cell" / "solution.py",
            bundled() / "assignment.toml",
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

        assert allowed(box, *(f"open({str(path)!r}, 'rb').read()" for path in paths)) == ""

    def test_no_folder_of_the_machine_can_be_listed(self, box: Sandbox, tmp_path: Path) -> None:
        paths = ["/", "..", "/proc", "/tmp", "/etc", "/home", "/root", tmp_path, bundled()]

        assert allowed(box, *(f"os.listdir({str(path)!r})" for path in paths)) == ""

    def test_the_graders_own_modules_are_not_importable_beyond_those_it_needs(self, box: Sandbox) -> None:
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

        assert seen(box, body) == ""

    def test_a_package_that_a_program_may_not_read_is_not_installed_for_it(self, box: Sandbox) -> None:
        body = (
            "import importlib.util\n"
            "try:\n"
            "    import pytest\n"
            "except ImportError as error:\n"
            "    return str((importlib.util.find_spec('pytest'), str(error)))"
        )

        assert seen(box, body) == str((None, "No module named 'pytest'"))

    def test_nothing_can_be_written(self, box: Sandbox, tmp_path: Path) -> None:
        (tmp_path / "there").write_text("")
        folders = [tmp_path, Path("/tmp"), Path("/dev/shm"), Path.home(), Path("."), Path("/")]
        there = str(tmp_path / "there")
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

        assert (allowed(box, *attempts), os.listdir(tmp_path)) == ("", ["there"])

    def test_there_is_no_socket(self, box: Sandbox) -> None:
        attempts = [
            "socket.socket()",
            "socket.socket(socket.AF_UNIX)",
            "socket.socket(socket.AF_NETLINK, socket.SOCK_RAW)",
            "socket.socket(socket.AF_INET, socket.SOCK_DGRAM)",
            "socket.socketpair()",
            "socket.create_connection(('127.0.0.1', 22), 1)",
            "socket.getaddrinfo('localhost', 80)",
        ]

        assert allowed(box, *attempts) == ""

    def test_there_is_no_second_process(self, box: Sandbox) -> None:
        attempts = [
            "os.fork() or os._exit(9)",
            "os.forkpty()",
            "os.posix_spawn('/bin/true', ['true'], {})",
            "os.execv('/bin/true', ['true'])",
            "subprocess.run(['/bin/true'])",
            "__import__('sys').stdout.flush(); __import__('multiprocessing').Process(target=print).start()",
        ]

        assert allowed(box, *attempts) == ""

    def test_no_other_process_can_be_signalled(self, box: Sandbox) -> None:
        # Signal 0 asks for the permission alone: should the box leak, this machine survives it.
        attempts = [
            "os.kill(os.getppid(), 0)",
            "os.kill(1, 0)",
            "os.kill(-1, 0)",
            "os.killpg(0, 0)",
            "os.pidfd_open(os.getppid())",
        ]

        assert allowed(box, *attempts) == ""

    def test_limits_and_identity_cannot_be_changed(self, box: Sandbox) -> None:
        attempts = [
            "resource.setrlimit(resource.RLIMIT_CPU, (999, 999))",
            "resource.prlimit(os.getppid(), resource.RLIMIT_CPU)",
            "os.setuid(0)",
            "os.setgroups([])",
            "os.chroot('/')",
            "os.setpriority(os.PRIO_PROCESS, 0, 0)",
            "os.nice(-1)",
        ]

        assert allowed(box, *attempts) == ""

    @pytest.mark.skipif(platform.machine() != "x86_64", reason="numbers of x86_64")
    def test_system_calls_that_reach_out_are_refused(self, box: Sandbox) -> None:
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

        assert seen(box, body) == ""

    @pytest.mark.parametrize(
        ("take", "kinds"),
        [
            ("bytearray(600 << 20)", ["MemoryError"]),
            ("torch.zeros(600 << 20, dtype=torch.uint8)", ["RuntimeError"]),
            ("mmap.mmap(-1, 600 << 20)", ["OSError"]),
            ("[b'x' * (1 << 20) for _ in range(600)]", ["MemoryError"]),
        ],
    )
    def test_memory_is_limited(self, box: Sandbox, take: str, kinds: list[str]) -> None:
        source = f"import mmap, torch\ndef value(number):\n    return number or len({take})\n"
        heard, ending = run(box, source, Limits(memory=256 << 20))

        assert ([heard.values[0]], heard.values[1:], ending.end) == (kinds, [1], End.DONE)

    def test_processor_time_is_limited(self, box: Sandbox) -> None:
        source = "def value(number):\n    while True: pass\n"
        _, ending = run(box, source, Limits(cpu_seconds=1, wall_seconds=60))

        assert ending.end == End.CPU

    @pytest.mark.slow
    def test_who_ignores_the_end_of_his_processor_time_is_killed(self, box: Sandbox) -> None:
        source = (
            "import signal\n"
            "signal.signal(signal.SIGXCPU, signal.SIG_IGN)\n"
            "def value(number):\n    while True: pass\n"
        )
        _, ending = run(box, source, Limits(cpu_seconds=1, wall_seconds=60))

        assert (ending.end, ending.code) == (End.SIGNAL, 9)

    def test_the_environment_and_the_arguments_tell_nothing(self, box: Sandbox) -> None:
        known = {"PATH", "HOME", "USER", "LANG", "LC_CTYPE", "PWD", "OMP_NUM_THREADS", "MKL_NUM_THREADS"}
        known |= {"OPENBLAS_NUM_THREADS", "PYTHONHASHSEED", "PYTHONDONTWRITEBYTECODE"}
        # What torch itself sets while it is imported.
        known |= {
            "TORCHINDUCTOR_CACHE_DIR",
            "TORCH_COMPILE_DISABLE",
            "KMP_DUPLICATE_LIB_OK",
            "KMP_INIT_AT_FORK",
        }
        body = (
            f"import os, sys\nreturn ' '.join(sorted(set(os.environ) - {known!r})) + ' '.join(sys.argv[1:])"
        )

        assert seen(box, body) == ""

    def test_the_answers_are_the_one_descriptor_beside_the_standard_ones(self, box: Sandbox) -> None:
        body = (
            "import os\n"
            "def is_open(descriptor):\n"
            "    try:\n"
            "        return bool(os.fstat(descriptor))\n"
            "    except OSError:\n"
            "        return False\n"
            "return sum(map(is_open, range(3, 64)))"
        )

        assert seen(box, body) == 1

    def test_bytes_that_are_no_message_end_the_run(self, box: Sandbox) -> None:
        source = (
            "import os\n"
            "def value(number):\n"
            "    for descriptor in range(3, 64):\n"
            "        try: os.write(descriptor, b'\\xff' * 100)\n"
            "        except OSError: pass\n"
            "    while True: pass\n"
        )
        heard, ending = run(box, source)

        assert (heard.kinds[-1], ending.end) == ("begin", End.REFUSED)

    def test_threads_can_be_used(self, box: Sandbox) -> None:
        body = (
            "import threading\n"
            "found = []\n"
            "threads = [threading.Thread(target=found.append, args=(n,)) for n in range(4)]\n"
            "for thread in threads: thread.start()\n"
            "for thread in threads: thread.join()\n"
            "return sum(found)"
        )

        assert seen(box, body) == 6


@pytest.mark.slow
def test_the_environment_of_the_grader_is_not_visible(monkeypatch: pytest.MonkeyPatch) -> None:
    from sandbox_contract import seen

    from grader.sandbox.process import ProcessSandbox

    monkeypatch.setenv("GRADER_TEST_TOKEN", "secret")

    assert seen(ProcessSandbox(), "import os\nreturn os.environ.get('GRADER_TEST_TOKEN')") is None
