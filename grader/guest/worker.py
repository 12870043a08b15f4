"""The worker inside the sandbox: asks one module the questions of one task and writes its answers.

It shares its process with a stranger's program, so it decides nothing: it holds no expected value, and the
grader treats what it writes as the stranger's own words.
"""

import builtins
import difflib
import importlib
import json
import os
import random
import sys
import types
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import torch

from grader.authoring.case import Case, name_of
from grader.authoring.seeds import random_seed
from grader.authoring.task import Check, Task
from grader.errors import AssignmentError, ForbiddenLayer, MissingName
from grader.guest.allowed_imports import allow_only
from grader.guest.allowed_imports import check as check_imports
from grader.guest.blame import blamed
from grader.guest.declared import ASSIGNMENT, load_task, place_of
from grader.guest.forbid import refuse, relatives
from grader.guest.importing import Importing
from grader.guest.observing import kind, observation, observations, restored
from grader.guest.own_files import Loading, give, relative, without_paths
from grader.guest.starting_state import cap_threads, set_back
from grader.values import Value
from grader.wire import (
    MAX_FRAMES,
    MAX_NAMES,
    Answer,
    Blamed,
    Drawn,
    Failed,
    Frame,
    Raised,
    WireMessage,
    failed_fields,
    pack,
    pack_answer,
    parse_answer,
    raised_fields,
    unpack,
)

EDITED = "/edited/"
"""Begins the name of a source in a job that is imported instead of the file."""
CHANGES = "/changes.json"
"""The changes to try: number, file, and the pieces to replace, as offsets of bytes and a text."""
SPOILED = "__spoiled__"
"""What a change calls to see whether a value matters."""
_MAX_MESSAGE = 1000
"""Characters of an exception's message."""
_PYTHONS = dict(vars(builtins))
"""Python's own names, before a submission can change them."""

Send = Callable[[bytes], None]


def serve(job: WireMessage, send: Send, home: str = "") -> None:
    """Do one job and send its messages; the last one is `end`. `home` holds the submission's files.

    A job of kind `ask` asks a module; `search` asks it once for each of many changes of its source;
    `compare` runs an author's `compare=` on answers from earlier jobs. `broken` is sent if the
    author's files themselves fail.
    """
    files = _files(job)
    try:
        task = load_task(files)
        if job.kind in ("ask", "search"):
            refuse(task.forbid)
            check_imports(task.allow_imports or ())
            if job.kind == "ask" and job.fields["describe"]:
                _try_out(task.forbid)
    except BaseException as error:
        send(pack("broken", {"text": _text_of(error)}))
        return
    # After this line a student's module can send messages in our name, so the grader accepts `broken`
    # only before it.
    send(pack("started", {}))
    if job.kind == "compare":
        _compare(task, unpack(files["answers"]), send)
    elif job.kind == "search":
        _search(task, job, home, send, files)
    else:
        if job.fields["describe"]:
            send(pack("described", _description(task)))
        _ask(task, job, home, send, files)
    send(pack("end", {}))


def _try_out(forbidden: Sequence[str]) -> None:
    """Raise `AssignmentError` if what is forbidden is needed to ask any check at all."""

    def question(impl: Any, case: Case) -> dict[str, Any]:
        """The grader itself can ask."""
        tensors = [case.normal(2, name="x"), case.uniform(0, 1, 2), case.extreme(3)]
        return {"tensors": tensors, "others": [np.ones(2), case.integer(0, 9), case.size("a")]}

    check = Task().check(points=0)(question)
    why = ""
    try:
        answer = _answer(check, 0, 0, _Implementation([sys], ""), True, "")
        pack_answer(answer)
        if answer.raised is None and not answer.changed:
            return
        why = answer.raised.message if answer.raised else ""
    except ForbiddenLayer as error:
        why = str(error)
    name = next((one for one in forbidden if f"`{one}`" in why), forbidden[0] if forbidden else "")
    raise AssignmentError(
        f"forbid: {name!r} cannot be refused: the grader needs it to draw or compare values"
    )


def _files(job: WireMessage) -> dict[str, bytes]:
    files, at = {}, 0
    for path, size in job.fields["files"]:
        files[path] = job.payload[at : at + size]
        at += size
    return files


def _description(task: Task) -> dict[str, Any]:
    return {
        "forbid": list(task.forbid),
        "relatives": {name: list(relatives(name)) for name in task.forbid},
        "accept": list(task.accept),
        "checks": [
            {
                "name": check.name,
                "title": check.title,
                "about": check.about,
                "points": check.points,
                "after": list(check.after),
                "cases": check.cases,
                "dtype": check.dtype,
                "depth": check.depth,
                "axes": {name: list(names) for name, names in check.axes.items()},
                "digits": check.digits,
                "exact": check.exact,
                "compare": check.compare is not None,
                "bonus": check.bonus,
                "partial": check.partial,
                "counts_with": list(check.counts_with),
                "plot": None if check.plot is None else vars(check.plot),
                "hidden": check.hidden,
                "wall_seconds": check.wall_seconds,
                "budget": check.budget,
            }
            for check in task.checks.values()
        ],
    }


def _importing(
    job: WireMessage, home: str, edited: Mapping[str, bytes], send: Send | None = None
) -> Importing:
    def at(file: str, number: int, line: int) -> None:
        if send is not None:
            send(pack("at", {"file": file, "number": number, "line": line}))

    return Importing(
        home,
        describe=lambda error: _raised(error, home),
        going_on=job.fields["going_on"],
        skip={(file, number) for file, number in job.fields["skip"]},
        at=at,
        edited=edited,
    )


def _give(task: Task, home: str, folders: Sequence[str], loading: Loading) -> None:
    """Let this process import the submission's files, and these the libraries that the task allows."""
    give(home, folders, loading)
    if task.allow_imports is not None:
        allow_only(task.allow_imports, home)


def _folders(job: WireMessage, home: str) -> list[str]:
    return [os.path.join(home, *folder.split("/")) if folder else home for folder in job.fields["folders"]]


def _ask(task: Task, job: WireMessage, home: str, send: Send, files: Mapping[str, bytes]) -> None:
    edited = {path.removeprefix(EDITED): data for path, data in files.items() if path.startswith(EDITED)}
    importing = _importing(job, home, edited, send)
    _give(task, home, _folders(job, home), importing.loader)
    cap_threads()
    try:
        modules = _imported(job)
    except BaseException as error:
        send(pack("not_loaded", {"raised": raised_fields(_raised(error, home))}))
        return
    wanted = job.fields["wanted"]
    if (
        importing.failed
        and wanted
        and not any(hasattr(module, name) for module in modules for name in wanted)
    ):
        raised = _cause(importing.failed, wanted).raised
        fields = {"raised": raised and raised_fields(raised), "failed": failed_fields(importing.failed)}
        send(pack("not_loaded", fields))
        return
    send(pack("loaded", {"failed": failed_fields(importing.failed)}))
    implementation = _Implementation(modules, home)
    for check_name, cases in job.fields["ask"] or [[name, None] for name in task.checks]:
        check = task.checks[check_name]
        send(pack("begin", {"check": check.name}))
        for number in range(check.cases) if cases is None else cases:
            send(_asked(check, number, job.fields["seed"], implementation, job.fields["record"], home))


def _search(task: Task, job: WireMessage, home: str, send: Send, files: Mapping[str, bytes]) -> None:
    """Ask the module once for each change of its source, all in this process.

    A module that an earlier change left behind is imported anew. What a change does to the rest of the
    process it does to the search for its own repair: who hands it in gains nothing by it.
    """
    current: Importing = _importing(job, home, {})
    _give(task, home, _folders(job, home), lambda name, path: current.loader(name, path))
    cap_threads()
    builtins.__dict__[SPOILED] = spoiled
    kept = set(sys.modules)
    for number, path, spans in json.loads(files[CHANGES]):
        send(pack("change", {"number": number}))
        source = files[EDITED + path]
        for begin, end, text in reversed(spans):
            source = source[:begin] + text.encode() + source[end:]
        current = _importing(job, home, {path: source})
        _reset(0)
        try:
            modules = _imported(job)
        except BaseException:
            modules = []
        if modules:
            implementation = _Implementation(modules, home)
            for check, cases in job.fields["ask"]:
                for case in cases:
                    send(_asked(task.checks[check], case, job.fields["seed"], implementation, False, home))
        for name in set(sys.modules) - kept:
            spec = getattr(sys.modules[name], "__spec__", None)
            if relative(str(getattr(spec, "origin", "")), home) or not getattr(spec, "origin", None):
                del sys.modules[name]


def spoiled(value: Any, depth: int = 0) -> Any:
    """Return a value of the same form with other contents, to see whether anything depends on them."""
    if isinstance(value, torch.Tensor):
        return value * 1.7 + 0.3 if value.is_floating_point() else value
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return value + 1
    if type(value) in (list, tuple) and depth < 3:
        return type(value)(spoiled(one, depth + 1) for one in value)
    return value


def _cause(failed: Sequence[Failed], wanted: Sequence[str]) -> Failed:
    """Return the import that is not allowed, what would have defined a wanted name, or what failed first."""
    for one in failed:
        if one.raised is not None and one.raised.kinds[0] == "ForbiddenImport":
            return one
    return next((one for one in failed if set(one.names) & set(wanted)), failed[0])


def _asked(
    check: Check, number: int, seed: int, implementation: "_Implementation", record: bool, home: str
) -> bytes:
    return pack_answer(_answer(check, number, seed, implementation, record, home))


def _answer(
    check: Check, number: int, seed: int, implementation: "_Implementation", record: bool, home: str
) -> Answer:
    cases: list[Case] = []
    runs: dict[str, Value] = {}
    observed = raised = None
    try:
        for run in range(check.seeds):
            _reset(random_seed(seed, number, run))
            cases.append(Case(check.name, number, seed, getattr(torch, check.dtype)))
            found = observations(check(implementation, cases[-1]))
            runs |= {f"{name}{_of_run(check, run)}": value for name, value in found.items()}
        if len(runs) > MAX_NAMES:
            raise TypeError(f"more than {MAX_NAMES} values were returned under all seeds together")
        observed = runs
    except BaseException as error:
        raised = _raised(error, home)
    first = cases[0]
    try:
        changed = tuple(dict.fromkeys(name for case in cases for name in case.changed()))
    except Exception:  # the program left a tensor that cannot be compared
        changed = ("an argument",)
    recorded = first.drawn[:MAX_NAMES] if record else ()
    drawn = tuple(Drawn(how, name, observation(value)) for how, name, value in recorded)
    return Answer(check.name, number, observed, raised, changed, first.sizes, drawn)


def _of_run(check: Check, run: int) -> str:
    """Return what the names of observations end with if a check is asked under several seeds."""
    return f" (seed {run + 1})" if check.seeds > 1 else ""


def _reset(seed: int) -> None:
    """Set the global state that a case begins with, whatever the module changed before."""
    torch.default_generator.manual_seed(seed)  # torch.manual_seed takes 3 ms: devices
    random.seed(seed)
    if "numpy.random" in sys.modules:  # numpy imports it on first use
        np.random.seed(seed)
    set_back()


def _imported(job: WireMessage) -> list[types.ModuleType]:
    """Return the modules that are asked, imported."""
    return [importlib.import_module(name) for name in (job.fields["module"], *job.fields.get("more", ()))]


class _Implementation:
    """Modules as a check sees them: their public names, or a clear error for a missing one."""

    def __init__(self, modules: Sequence[types.ModuleType], home: str) -> None:
        self._modules = modules
        self._file = " and ".join(relative(str(getattr(one, "__file__", "")), home) for one in modules)

    def __getattr__(self, name: str) -> Any:
        for module in self._modules:
            try:
                return getattr(module, name)
            except AttributeError:
                pass
        defined = [key for module in self._modules for key in vars(module) if not key.startswith("_")]
        lowered = {key.lower(): key for key in defined}
        near = difflib.get_close_matches(name.lower(), lowered, n=1, cutoff=0.6)
        hint = f" Is `{lowered[near[0]]}` what you mean?" if near else ""
        raise MissingName(f"{self._file} defines nothing called `{name}`.{hint}")


def _told(kind: type) -> str:
    """Return the name of a class; a class that only shares the name of a builtin one is `another NAME`."""
    name = name_of(kind)
    return name if _PYTHONS.get(name, kind) is kind else f"another {name}"


def _raised(error: BaseException, home: str) -> Raised:
    frames: list[Frame] = []
    check_line = 0
    if isinstance(error, SyntaxError) and (file := relative(str(error.filename), home)):
        frames.append(Frame(file, int(error.lineno or 1), ""))
    trace, innermost = error.__traceback__, None
    while trace is not None:
        code = trace.tb_frame.f_code
        if file := relative(code.co_filename, home):
            frames.append(Frame(file, trace.tb_lineno, code.co_name))
            innermost = trace
        elif code.co_filename == f"{ASSIGNMENT}checks.py":
            check_line = trace.tb_lineno
        trace = trace.tb_next
    if len(frames) > MAX_FRAMES:  # a deep recursion: keep its begin and its end
        frames = frames[: MAX_FRAMES // 2] + frames[-MAX_FRAMES // 2 :]
    kinds = [_told(kind) for kind in type.mro(type(error)) if kind is not object]
    blames = None if innermost is None else _blamed(innermost)
    return Raised(tuple(kinds), _message_of(error, home), tuple(frames), check_line, blames)


def _blamed(innermost: types.TracebackType) -> Blamed | None:
    """Return the part of the line that raised, None if a stranger's program stands in the way."""
    try:
        return blamed(innermost)
    except Exception:
        return None


def _message_of(error: BaseException, home: str) -> str:
    try:
        text: str = without_paths(builtins.str(error)[: 2 * _MAX_MESSAGE], home)
        return text[:_MAX_MESSAGE]
    except BaseException:  # a stranger's __str__ can raise anything
        return "(its message could not be read)"


def _text_of(error: BaseException) -> str:
    raised = _raised(error, "")
    place = place_of(error)
    where = f" ({place})" if place else ""
    kind = "" if isinstance(error, AssignmentError) else f"{raised.kinds[0]}: "
    return f"{kind}{raised.message}{where}"


def _compare(task: Task, messages: Sequence[WireMessage], send: Send) -> None:
    """Run `compare=` on pairs of answers: the solution's, then the submission's."""
    answers = [parse_answer(message) for message in messages]
    for expected, actual in zip(answers[::2], answers[1::2], strict=True):
        check = task.checks[expected.check]
        assert expected.observed is not None and actual.observed is not None
        meant, readable = restored(expected.observed), True
        shown = problem = ""
        failed = False
        try:
            seen = restored(actual.observed)
        except Exception:  # what the submission sent is of no type that it claims: no fault of the property's
            readable = False
        if readable:
            try:
                shown, problem = _judged(check, meant, seen)
            except Exception as error:
                problem, failed = _text_of(error), True
        fields = {"problem": problem[:_MAX_MESSAGE], "failed": failed, "shown": shown, "readable": readable}
        send(pack("compared", fields))


def _judged(check: Check, expected: Mapping[str, Any], actual: Mapping[str, Any]) -> tuple[str, str]:
    """Return what `compare=` says of a case: nothing if the property holds under one of its seeds."""
    assert check.compare is not None
    first = "", ""
    for run in range(check.seeds):
        ending = _of_run(check, run)
        names = {name: name.removesuffix(ending) for name in actual if name.endswith(ending)}
        shown, problem = _said(
            check.compare(
                {own: expected[name] for name, own in names.items()},
                {own: actual[name] for name, own in names.items()},
            )
        )
        if shown and shown not in names.values():
            raise AssignmentError(f"compare= names {shown!r}, which is no observation")
        if not problem:
            return "", ""
        if run == 0:
            first = f"{shown}{ending}" if shown else "", problem
    return first


def _said(returned: Any) -> tuple[str, str]:
    """Return the observation that `compare=` wants shown (empty for all) and its sentence."""
    match returned:
        case None:
            return "", ""
        case str():
            return "", returned
        case (str(shown), str(problem)):
            return shown, problem
    raise AssignmentError(
        "compare= returns None, a sentence, or the name of an observation and a sentence; "
        f"it returned {kind(returned)}"
    )
