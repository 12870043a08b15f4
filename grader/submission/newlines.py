"""Ends of lines as Python counts them, so that line 3 of a file is the same line everywhere."""


def with_newlines(text: str) -> str:
    r"""Return a text in which each line ends with `\n`, whether it was written on Windows or an old Mac."""
    return text.replace("\r\n", "\n").replace("\r", "\n")
