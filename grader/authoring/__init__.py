"""The API for authors of an assignment; this package is mounted into the sandbox."""
