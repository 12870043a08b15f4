"""Makes a kit: what a course may publish of an assignment, so that students grade their own work.

In place of the solutions and the known mistakes it holds what they answer with the public seed. Every program
is asked with two kinds of arithmetic, the best of this processor and the plainest, so that the answers are
true on other machines as well.
"""

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace

from grader.accuracy import Accuracy
from grader.asking import conversation
from grader.asking.questions import Description, of_task
from grader.asking.reference import ReferenceAnswers, stopped
from grader.assignment.answer_key import Answers, KeyMistake, KeyWriter, checks_digest, program_name
from grader.assignment.folders import KEY
from grader.assignment.loader import Assignment, TaskSource
from grader.assignment.mistakes import Mistake
from grader.errors import AssignmentError
from grader.judging.comparison import failing_cases
from grader.judging.inputs import differing
from grader.judging.known_mistakes import accuracy_of_mistakes
from grader.packing import wheel
from grader.packing.published_settings import published_settings
from grader.packing.starter_file import starter_file
from grader.packing.statement import answer_sheet, page, written_statement
from grader.report.messages import text
from grader.wire import Answer

PLAIN_ARITHMETIC = {
    "ATEN_CPU_CAPABILITY": "default",
    "MKL_CBWR": "COMPATIBLE",
    "ONEDNN_MAX_CPU_ISA": "SSE41",
}
"""Environment variables with which torch, MKL and oneDNN use no more than every processor has."""
_SHARE = 0.1
"""The part of a tolerance that an answer may move by from one processor to another."""


def _statement(task: TaskSource) -> str:
    """Return what is asked. Raises `AssignmentError` if that is not there."""
    path = task.folder / "task.md"
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        raise AssignmentError(f"{path}: a kit needs what the task asks, as Markdown in UTF-8") from None


_README = """# {title}

With these files you grade your own work, before you hand it in. Nothing is sent anywhere.

1. Install Python 3.11 or newer, and then, in a terminal in this folder:

       python3 -m venv grader
       . grader/bin/activate
       pip install ./{wheel}

   On Windows the first two lines are `py -m venv grader` and `grader\\Scripts\\activate`. Activate again in
   each new terminal. On Linux, put this line before the third; it brings PyTorch without the part for
   graphics cards, and saves gigabytes:

       pip install 'torch>=2.6,<2.14' --index-url https://download.pytorch.org/whl/cpu

2. Copy the files in `starter/` into a folder of your own, and write your programs there. What is asked is in
   the `task.html` of each task.

3. Grade the folder:

       grade my-folder

   The last line is the path of a page that shows each check, and what to do first.
   `grade my-folder --watch` grades again whenever you save a file.

The program runs on your machine with your rights. Your instructors grade with other inputs, and may have
checks that are not in here, so marks are provisional.
"""


@dataclass(frozen=True)
class Kit:
    """The files of a kit by path, and what its author should know."""

    files: Mapping[str, bytes]
    left_out: tuple[str, ...]
    """Known mistakes that are not in it: task, name, and why."""


@dataclass(frozen=True)
class KitMaking:
    """Makes the kit of an assignment from what is answered here, and with plain arithmetic."""

    assignment: Assignment
    here: ReferenceAnswers
    plain: ReferenceAnswers
    workers: int

    def make(self) -> Kit:
        """Return the kit. Raises `AssignmentError` if a check depends on the processor, or is at fault."""
        self.assignment.refuse_kit()
        starters = self._starters()
        files = {"assignment.toml": published_settings(self.assignment).encode()}
        left_out: list[str] = []
        for task in self.assignment.tasks:
            statement = _statement(task)
            key, unsteady = self._key(task)
            left_out += unsteady
            files |= {
                f"{task.name}/task.md": statement.encode(),
                f"{task.name}/task.html": page(task.title, statement).encode(),
                f"{task.name}/checks.py": task.checks.encode(),
                f"{task.name}/{KEY}": key,
                **{name: source.encode() for name, source in task.shared.items()},
                **task.data,
            }
        files |= {f"starter/{path}": data for path, data in starters.items()}
        for written in self.assignment.written:
            questions = written_statement(written)
            files[f"{written.name}/task.md"] = questions.encode()
            files[f"{written.name}/task.html"] = page(written.title, questions).encode()
            files[f"starter/{written.file}"] = answer_sheet(written).encode()
        files["README.md"] = _README.format(title=self.assignment.title, wheel=wheel.name()).encode()
        inside = {f"grader/bundled/{path}": data for path, data in files.items()}
        files[wheel.name()] = wheel.wheel(inside)
        return Kit(files, tuple(left_out))

    def _starters(self) -> dict[str, bytes]:
        """Return the modules that students begin with.

        Raises `AssignmentError` if one cannot be made or imported: a signature may need what is not in it.
        """
        solutions: dict[str, list[tuple[str, Sequence[str]]]] = {}
        for task in self.assignment.tasks:
            for path, source in task.files_of(task.solution).items():
                solutions.setdefault(path, []).append((source.decode(), task.wanted))
        starters = {path: starter_file(path, of_tasks).encode() for path, of_tasks in solutions.items()}
        for task in self.assignment.tasks:
            question = of_task(task, task.solution, self.assignment.seed)
            asked = conversation.ask(
                self.here.sandbox, task.limits, replace(question, files={**starters, **task.data})
            )
            error = asked.not_loaded
            if error is not None:
                line = f", line {error.frames[-1].line}" if error.frames else ""
                raise AssignmentError(
                    f"starter/{task.modules[0]}.py{line}: {error.kinds[0]}: {error.message}; it is made from "
                    f"the signatures of {task.folder / 'solution.py'}: write simpler ones"
                )
        return starters

    def _key(self, task: TaskSource) -> tuple[bytes, list[str]]:
        """Return the answer key of a task, and the mistakes that are not in it."""
        whole, _ = self.here.solve(task)
        public = replace(task, hidden_checks="", hidden_shared={})
        solution = self.here.ask(public, task.solution)
        if whole is None or solution.description is None or solution.stops:
            raise AssignmentError(f"{task.folder / 'solution.py'} did not answer: {text(stopped(solution))}")
        shown, hidden = whole.only(hidden=False), whole.only(hidden=True)
        writer = KeyWriter()
        for name in shown.accept:
            source = task.solution if name == "solution" else task.others[name]
            writer.add(program_name(task.files_of(source)), self._steady(public, name, source, shown))
        writer.add_drawn(self._drawn(public, shown))
        kept, left_out = [], []
        with ThreadPoolExecutor(self.workers) as pool:
            asked = pool.map(lambda one: self._of_mistake(public, one, shown), task.mistakes)
            for mistake, (answers, why) in zip(task.mistakes, asked, strict=True):
                if answers is None:
                    left_out.append(f"{task.name}: {mistake.name} {why}")
                else:
                    kept.append(mistake)
                    writer.add(program_name(task.files_of(mistake.source)), answers)
        key = writer.packed(
            seed=self.assignment.seed,
            hidden=len(hidden.checks),
            hidden_points=sum(check.points for check in hidden.checks if task.bonus or not check.bonus),
            checks=checks_digest(task.checks, task.shared),
            description=solution.description.model_dump(mode="json"),
            solution=program_name(task.files_of(task.solution)),
            others={
                name: program_name(task.files_of(task.others[name]))
                for name in shown.accept
                if name != "solution"
            },
            mistakes=tuple(_published(task, one) for one in kept),
        )
        return key, left_out

    def _steady(self, task: TaskSource, name: str, source: str, description: Description) -> Answers:
        """Return what a right program answers. Raises `AssignmentError` if that depends on the processor."""
        one, other = self.here.ask(task, source), self.plain.ask(task, source)
        violated = self.here.property_results(task, description.checks, one, [other.answers])[0]
        for check in description.checks:
            moved = (
                [case for case, found in violated[check.name].items() if found.problem]
                if check.compare
                else _moved(check.accuracy, one.answers[check.name], other.answers[check.name])
            )
            if moved:
                raise AssignmentError(
                    f"{task.folder / 'checks.py'}: what {name}.py answers to check {check.name}, case "
                    f"{moved[0]} moves by more than a tenth of the tolerance from one processor to another; "
                    "ask for fewer `digits=`, or for a shorter computation"
                )
        return _without_frames(one.answers)

    def _drawn(self, task: TaskSource, description: Description) -> Answers:
        """Return the solution's answers with what the cases draw, which has to be the same everywhere."""
        one, other = (
            trusted.ask(task, task.solution, description, record=True) for trusted in (self.here, self.plain)
        )
        for name in differing(one.answers, other.answers):
            raise AssignmentError(
                f"{task.folder / 'checks.py'}: what check {name} draws depends on the processor; draw "
                "numbers by the methods of `case`"
            )
        return _without_frames(one.answers)

    def _of_mistake(
        self, task: TaskSource, mistake: Mistake, description: Description
    ) -> tuple[Answers | None, str]:
        """Return what a known mistake answers; None, and why, if a kit cannot have its answers."""
        one, other = (t.ask_mistake(task, mistake, description.checks) for t in (self.here, self.plain))
        for check in description.checks:
            # A student's machine would have to ask what is not in the key, and has no program to ask.
            if not all(set(range(check.cases)) <= found[check.name].keys() for found in (one, other)):
                return None, f"does not answer check {check.name}: it hangs, exits or cannot be imported"
        for check in description.checks:
            if _moved(accuracy_of_mistakes(check), one[check.name], other[check.name]):
                return None, f"answers check {check.name} in a way that depends on the processor"
        return _without_frames(one), ""


def _moved(accuracy: Accuracy, one: Mapping[int, Answer], other: Mapping[int, Answer]) -> tuple[int, ...]:
    """Return the cases in which two answers differ by more than a small part of the tolerance."""
    return failing_cases(one, other, replace(accuracy, share=_SHARE))


def _published(task: TaskSource, mistake: Mistake) -> KeyMistake:
    return KeyMistake(
        name=mistake.name,
        hint=mistake.hint,
        title=mistake.own_title,
        costs=None if mistake.costs is None else mistake.costs.amount,
        costs_a_share=mistake.costs is not None and mistake.costs.is_share,
        program=program_name(task.files_of(mistake.source)),
    )


def _without_frames(answers: Answers) -> dict[str, dict[int, Answer]]:
    """Return answers without the lines of the program that raised an exception."""
    return {
        check: {
            case: replace(answer, raised=answer.raised and replace(answer.raised, frames=()))
            for case, answer in by_case.items()
        }
        for check, by_case in answers.items()
    }
