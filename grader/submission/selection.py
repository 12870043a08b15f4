"""Selection: which file of a submission is used for each module, converted to Python if needed."""

import json
import re
from collections.abc import Mapping, Sequence

from grader.results.message import Message
from grader.submission.layout import TOP, Found, candidates, chosen, folder_of, known_as, stem_of
from grader.submission.notebook import MOST_PARSED, Module, exported, module_of

_MAX_NOTEBOOK = 2 << 20
_MOST_NOTEBOOKS = 20
_PICTURE = re.compile(rb'(?<!\\)"[A-Za-z0-9+/=\\]{2000,}(?<!\\)"')
"""A string in a notebook that holds a picture."""
_NOT_PYTHON = {
    rb"\s*<(?:!doctype|html)": Message.of("web_page"),
    rb"\{\\rtf": Message.of("formatted_text"),
    rb"%PDF-": Message.of("pdf"),
    rb"PK\x03\x04": Message.of("zip"),
    rb"\xff\xfe|\xfe\xff": Message.of("utf_16"),
}
"""What a file is, by the pattern with which it begins."""
_SHOWN = 3


class Selection:
    """The files of a submission while modules are selected; `notes` says what was done."""

    def __init__(self, files: dict[str, bytes], notes: dict[str, Message]) -> None:
        self.files = {path: data for path, data in files.items() if not _is_notebook(path, data)}
        self.notes = notes
        self.bases: dict[str, str] = {}
        self.notebooks: dict[str, str] = {}
        self.several: set[str] = set()
        """Modules with several different versions."""
        self.places: dict[str, list[str]] = {}
        """The candidates of each module."""
        self._notebooks = {path: data for path, data in files.items() if _is_notebook(path, data)}
        self._read: dict[str, Module | Message] = {}
        """By notebook: its module, or the reason why it cannot be read."""
        self._used: set[str] = set()
        self._looked_for = 0

    def take(self, modules: Sequence[str], wanted: Mapping[str, Sequence[str]]) -> None:
        """Find each of `modules` by its name, or as a notebook that defines its `wanted` names."""
        self._looked_for = len(modules)
        self._take_written()
        paths = [*self.files, *self._notebooks, *self.notes]
        unnamed = []
        for module in modules:
            found = candidates(paths, module)
            if found:
                self._take(module, found)
            else:
                unnamed.append(module)
        self._take_from_notebooks(unnamed, modules, wanted)
        self._take_helpers()
        self._note_places()
        for path in self._notebooks:
            if path not in self._used:
                self.notes.setdefault(path, Message.of("not_asked_for", path=path))

    def _take(self, module: str, found: list[Found]) -> None:
        one = chosen(found, {**self.files, **self._notebooks})
        self.places[module] = [other.path for other in found]
        if one is None:
            self.several.add(module)
            shown = tuple(self.places[module][:_SHOWN])
            self.notes[f"{module}.py"] = Message.of("several_versions", paths=shown)
            return
        target = f"{one.folder}{stem_of(module)}.py"
        if one.path in self._notebooks:
            self._convert(one.path, [module])
        elif one.path in self.notes:  # the file exists and could not be read
            self.notes[f"{module}.py"] = self.notes.pop(one.path)
        else:
            if one.renamed:
                self.files[target] = self.files.pop(one.path)
                self.notes[f"{module}.ipynb"] = Message.of("taken_as", path=one.path, target=target)
            self.bases[module] = one.folder
            problem = _not_python(self.files.get(target, b""))
            if problem:
                del self.files[target]
                self.notes[f"{module}.py"] = Message.of("not_python", path=one.path, what=problem)
        for other in found:
            if other.folder == one.folder and other is not one and not other.path.endswith("/__init__.py"):
                self._used.add(other.path)
                self.notes[other.path] = Message.of(
                    "other_taken", path=other.path, taken=one.path, target=f"{module}.py"
                )

    def _take_from_notebooks(
        self, unnamed: Sequence[str], modules: Sequence[str], wanted: Mapping[str, Sequence[str]]
    ) -> None:
        works = self._works(modules)
        into: dict[str, list[str]] = {}
        for module in unnamed:
            names = wanted.get(module, ())
            defining = [path for path in works if self._defines(path, names)]
            if not defining:
                defining = [path for path in works if known_as(_name(path))[0] not in modules]
            if len(defining) == 1:
                into.setdefault(defining[0], []).append(module)
            elif defining and names:
                shown = tuple(defining[:_SHOWN])
                self.notes[f"{module}.py"] = Message.of("several_notebooks", paths=shown)
        for path, taken in into.items():
            self._convert(path, taken)

    def _works(self, modules: Sequence[str]) -> list[str]:
        """Return the notebooks without copies; each copy gets a note."""
        kept: dict[str, tuple[bool, int, str]] = {}
        for path in self._notebooks:
            stem, kind, attempt = known_as(_name(path))
            family = f"{folder_of(path)}{stem}"
            one = (_name(path) != f"{stem}.{kind}", -attempt, path)
            kept[family] = min(kept.get(family, one), one)
        works = [path for _, _, path in kept.values()]
        for path in self._notebooks:
            if path not in works and path not in self._used:
                self.notes[path] = Message.of("copy_of_notebook", path=path)
        return works

    def _defines(self, path: str, names: Sequence[str]) -> bool:
        module = self._module(path)
        if isinstance(module, Message) or not names:
            return False
        pattern = (
            rf"^(?:(?:async +)?def|class) +(?:{'|'.join(map(re.escape, names))})\b|^(?:{'|'.join(names)}) *="
        )
        return re.search(pattern, module.code, re.MULTILINE) is not None

    def _convert(self, path: str, modules: list[str]) -> None:
        """Put the code of a notebook in place of `modules`."""
        self._used.add(path)
        module = self._module(path)
        if isinstance(module, Message):
            self.notes.update({f"{name}.py": module for name in modules})
            return
        folder = folder_of(path)
        for name in modules:
            self.files[f"{folder}{name}.py"] = module.code.encode()
            self.notebooks[f"{folder}{name}.py"] = path
            self.bases[name] = folder_of(f"{folder}{name}")
        if len(modules) == self._looked_for > 1:
            note = Message.of("notebook_used_for_all", path=path)
        else:
            note = Message.of("notebook_used", path=path, files=tuple(f"{name}.py" for name in modules))
        self.notes[f"{modules[0]}.ipynb" if len(modules) == 1 else path] = note
        self._note_left_out(path, module.left_out)

    def _take_written(self) -> None:
        """Add the files that cells write with `%%writefile`, if they were not handed in."""
        for path in self._notebooks:
            module = self._module(path)
            written = {} if isinstance(module, Message) else module.written
            for name, code in written.items():
                parts = [part for part in name.split("/") if part not in ("", ".")]
                if ".." not in parts and not name.startswith("/"):
                    self._used.add(path)
                    self.files.setdefault(f"{folder_of(path)}{'/'.join(parts)}", code.encode())

    def _take_helpers(self) -> None:
        """Convert other files: exports, and notebooks that a module imports or runs."""
        left = MOST_PARSED
        for path, data in list(self.files.items()):
            if path.endswith(".py") and path not in self.notebooks and len(data) <= left:
                left -= len(data)
                self._take_exported(path, data)
        code = b"\n".join(data for path, data in self.files.items() if path.endswith(".py"))
        for path in self._notebooks:
            stem = known_as(_name(path))[0]
            target = f"{folder_of(path)}{stem}.py"
            if path in self._used or target in self.files or not stem.isidentifier():
                continue
            imported = re.search(rf"^[ \t]*(?:from|import)[ \t]+{stem}\b".encode(), code, re.MULTILINE)
            module = self._module(path) if imported else None
            if isinstance(module, Module):
                self._used.add(path)
                self.files[target] = module.code.encode()
                self.notebooks[target] = path

    def _take_exported(self, path: str, data: bytes) -> None:
        try:
            text = data.decode("utf-8-sig")
        except UnicodeDecodeError:
            return  # the import reports the place
        code, left_out = exported(text)
        if code != text:
            self.files[path] = code.encode()
        self._note_left_out(path, left_out)

    def _note_left_out(self, path: str, left_out: Sequence[Message]) -> None:
        for number, what in enumerate(left_out):
            self.notes[f"{path}:{number:03}"] = Message.of("of_file", path=path, what=what)

    def _note_places(self) -> None:
        folders = sorted({base for base in self.bases.values() if base != TOP})
        if folders:
            shown = tuple(folders[:_SHOWN])
            self.notes[folders[0]] = Message.of("folder_taken", folders=shown, more=len(folders) - len(shown))

    def _module(self, path: str) -> Module | Message:
        if path not in self._read:
            share = MOST_PARSED // max(1, len(self._notebooks))
            self._read[path] = (
                _module(path, self._notebooks[path], share)
                if len(self._read) < _MOST_NOTEBOOKS
                else Message.of("too_many_notebooks", path=path, most=_MOST_NOTEBOOKS)
            )
        return self._read[path]


def _module(path: str, data: bytes, most_parsed: int) -> Module | Message:
    if len(data) > _MAX_NOTEBOOK:
        data = _PICTURE.sub(b'""', data)
    if len(data) > _MAX_NOTEBOOK:  # parsed JSON takes many times the memory, so pictures are removed first
        return Message.of("notebook_too_long", path=path, most=_MAX_NOTEBOOK)
    try:
        module = module_of(json.loads(data), most_parsed)
        module.code.encode()
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        return Message.of("notebook_unreadable", path=path)
    return module


def _is_notebook(path: str, data: bytes) -> bool:
    """Whether a file is a notebook, by its name, or by its contents if it is called `.py`."""
    kind = known_as(_name(path))[1]
    return kind == "ipynb" or (kind == "py" and data.lstrip()[:1] == b"{" and b'"cell_type"' in data)


def _not_python(data: bytes) -> Message | None:
    return next(
        (what for pattern, what in _NOT_PYTHON.items() if re.match(pattern, data, re.IGNORECASE)), None
    )


def _name(path: str) -> str:
    return path.removeprefix(folder_of(path))
