"""Arranges the memory of the warm process so that a fork of it costs less.

A fork copies the tables of all pages, and the end of a child takes them down again. So there should be
few pages, large ones. What malloc gives out is in huge pages from the start (`GLIBC_TUNABLES`); this is
for the rest, where Python keeps its objects.
"""

import ctypes
import gc

_HUGE_PAGE = 2 << 20
_ABOUT = 16
"""What torch holds, of which Python knows nothing, lies within so many huge pages of Python's objects."""
_MADV_COLLAPSE = 25


def collapse() -> None:
    """Have the kernel put this process's memory into huge pages; one that cannot leaves it as it is.

    It takes some milliseconds a page, so that it pays for hundreds of children.
    """
    libc = ctypes.CDLL(None)
    objects = {id(thing) // _HUGE_PAGE for thing in gc.get_objects()}
    about = range(-_ABOUT, _ABOUT + 1)
    for place in sorted({place + off for place in objects for off in about}):
        address, length = ctypes.c_void_p(place * _HUGE_PAGE), ctypes.c_size_t(_HUGE_PAGE)
        libc.madvise(address, length, _MADV_COLLAPSE)  # where nothing lies, it fails
