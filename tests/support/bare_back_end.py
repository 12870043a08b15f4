"""What the sandbox back ends of the tests have in common."""

from collections.abc import Mapping
from contextlib import AbstractContextManager, nullcontext


class Bare:
    """A back end that lays out no files, and has nothing to end."""

    def holding(self, files: Mapping[str, bytes]) -> AbstractContextManager[object]:
        return nullcontext()

    def alone(self) -> AbstractContextManager[object]:
        return nullcontext()

    def close(self) -> None:
        pass
