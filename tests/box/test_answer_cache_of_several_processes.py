"""Several processes store answers in one cache, and one of them may be killed."""

import subprocess
import sys
import time
from pathlib import Path

from grader.asking.answer_cache import FILE, AnswerCache
from grader.asking.questions import Question, Responses
from grader.wire import Answer


def numbered(number: int) -> Question:
    return Question("", "m", {}, number)


def held(key: AnswerCache, count: int) -> list[int]:
    return [number for number in range(count) if key.holds(numbered(number))]


STORING = """
import sys
from pathlib import Path
from grader.asking.questions import Responses, Question
from grader.asking.answer_cache import AnswerCache

folder, first, count, most = Path(sys.argv[1]), *map(int, sys.argv[2:])
key = AnswerCache(folder, most)
print("ready", flush=True)
sys.stdin.readline()
for number in range(first, first + count):
    key.store(Question("", "m", {}, number), Responses())
"""


def storing(folder: Path, first: int, count: int, most: int = 1 << 28) -> "subprocess.Popen[bytes]":
    """Start a process that stores so many answers, and wait until it is about to."""
    process = subprocess.Popen(
        [sys.executable, "-c", STORING, str(folder), str(first), str(count), str(most)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    assert process.stdout
    process.stdout.readline()
    return process


def test_what_several_processes_store_at_once_is_all_there(tmp_path: Path) -> None:
    processes = [storing(tmp_path / "key", 40 * number, 40) for number in range(3)]
    for process in processes:
        assert process.stdin
        process.stdin.write(b"\n")
        process.stdin.flush()
    for process in processes:
        process.communicate()

    assert (held(AnswerCache(tmp_path / "key"), 120), [process.returncode for process in processes]) == (
        list(range(120)),
        [0, 0, 0],
    )


def test_several_processes_keep_to_the_room_there_is(tmp_path: Path) -> None:
    processes = [storing(tmp_path / "key", 200 * number, 200, 1 << 16) for number in range(2)]
    for process in processes:
        process.communicate(b"\n")

    assert (tmp_path / "key" / FILE).stat().st_size < 1 << 17


def test_a_process_that_is_killed_while_it_stores_costs_nobody_an_answer(tmp_path: Path) -> None:
    stored, other = numbered(2_000_000), numbered(2_000_001)
    answers = Responses(answers={"step": {0: Answer("step", 0, {"n": 1})}})
    AnswerCache(tmp_path / "key").store(stored, answers)
    for _ in range(2):
        process = storing(tmp_path / "key", 0, 1_000_000)
        assert process.stdin
        process.stdin.write(b"\n")
        process.stdin.flush()
        while process.poll() is None and not AnswerCache(tmp_path / "key").holds(numbered(5)):
            time.sleep(0.01)
        assert process.poll() is None
        process.kill()
        process.communicate()
    AnswerCache(tmp_path / "key").store(other, Responses())
    cache = AnswerCache(tmp_path / "key")

    assert (cache.load(stored), cache.load(other)) == (answers, Responses())
