"""All errors that this program raises on purpose; a class's docstring is its default message."""


class GraderError(Exception):
    """The request cannot be carried out; nothing was graded."""

    def __init__(self, message: str | None = None) -> None:
        super().__init__(message or (type(self).__doc__ or "").strip())


class UsageError(GraderError):
    """The command was used in a way that cannot work."""


class SubmissionError(UsageError):
    """The submission cannot be read."""


class AssignmentError(GraderError):
    """The assignment is not written as it should be."""


class ForeignReport(GraderError):
    """The report was not written by your grader, or was changed since."""


class SandboxError(GraderError):
    """The sandbox could not be started."""


class SandboxRefused(SandboxError):
    """This machine does not allow the isolation that running a stranger's program needs."""


class MalformedMessage(GraderError):
    """The bytes that came out of the sandbox are not a message."""


class ForbiddenLayer(GraderError):
    """A layer computed here that the task asks you to write out."""


class ForbiddenImport(GraderError, ImportError):
    """A library that the task does not allow was imported."""


class MissingName(GraderError):
    """The module does not define a name that the task asks for."""


class UnreadableSource(GraderError):
    """A source file could not be scanned."""
