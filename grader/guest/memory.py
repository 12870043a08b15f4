"""Huge pages for the memory of the zygote, which make each fork cheaper.

A fork copies the page tables, and the end of a child frees them. Fewer, larger pages mean less of both.
malloc returns huge pages from the start (`GLIBC_TUNABLES` in `grader.sandbox.launch`); this module covers
the rest, where Python keeps its objects. docs/decisions/performance.md has the figures.
"""

import ctypes
import gc

_HUGE_PAGE = 2 << 20  # bytes
_ABOUT = 16
"""Huge pages around each Python object that are collapsed too: memory of torch lies there."""
_MADV_COLLAPSE = 25


def collapse() -> None:
    """Ask the kernel to move this process into huge pages; a kernel that cannot does nothing.

    It takes some milliseconds per page, so it pays off only for hundreds of children.
    """
    libc = ctypes.CDLL(None)
    objects = {id(thing) // _HUGE_PAGE for thing in gc.get_objects()}
    about = range(-_ABOUT, _ABOUT + 1)
    for place in sorted({place + off for place in objects for off in about}):
        address, length = ctypes.c_void_p(place * _HUGE_PAGE), ctypes.c_size_t(_HUGE_PAGE)
        libc.madvise(address, length, _MADV_COLLAPSE)  # fails if nothing is mapped there, which is fine
