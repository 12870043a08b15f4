"""Reads TOML files into records."""

import tomllib
from pathlib import Path
from typing import TypeVar

from pydantic import BaseModel, ValidationError

from grader.errors import GraderError
from grader.suggestions import nearest

File = TypeVar("File", bound=BaseModel)


def read_toml(path: Path, model: type[File], error: type[GraderError]) -> File:
    """Return the contents of a file as a record; raise `error`, with the file and the key, if it is wrong."""
    try:
        return model.model_validate(tomllib.loads(path.read_text(encoding="utf-8")))
    except ValidationError as problem:
        first = problem.errors()[0]
        key = ".".join(str(part) for part in first["loc"])
        said = first["msg"].removeprefix("Value error, ")
        near = nearest(key, list(model.model_fields)) if first["type"] == "extra_forbidden" else None
        hint = f". Is {near} meant?" if near else ""
        raise error(": ".join(filter(None, (str(path), key, f"{said}{hint}")))) from None
    except FileNotFoundError:
        raise error(f"{path} is missing") from None
    except (OSError, UnicodeDecodeError) as problem:
        raise error(f"{path} cannot be read: {problem}") from None
    except (ValueError, RecursionError) as problem:  # also numbers and nesting without end
        raise error(f"{path}: {problem}") from None
