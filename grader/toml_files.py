"""Reads TOML files into records."""

import tomllib
from pathlib import Path
from typing import TypeVar

from pydantic import BaseModel, ValidationError

from grader.errors import GraderError

File = TypeVar("File", bound=BaseModel)


def read_toml(path: Path, model: type[File], error: type[GraderError]) -> File:
    """Return the contents of a file as a record; raise `error`, with the file and the key, if it is wrong."""
    try:
        return model.model_validate(tomllib.loads(path.read_text(encoding="utf-8")))
    except ValidationError as problem:
        first = problem.errors()[0]
        key = ".".join(str(part) for part in first["loc"]) or "the file"
        raise error(f"{path}: {key}: {first['msg']}") from None
    except FileNotFoundError:
        raise error(f"{path} is missing") from None
    except (OSError, UnicodeDecodeError) as problem:
        raise error(f"{path} cannot be read: {problem}") from None
    except (ValueError, RecursionError) as problem:  # also numbers and nesting without end
        raise error(f"{path}: {problem}") from None
