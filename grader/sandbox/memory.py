"""Arranges the memory of the warm process so that a fork of it costs less.

A fork copies the tables of all pages, and the end of a child takes them down again. So there should be
few pages, large ones. What malloc gives out is in huge pages from the start (`GLIBC_TUNABLES`); this is
for the rest, where Python keeps its objects.
"""

import ctypes
import errno
import gc
from collections import deque

_HUGE_PAGE = 2 << 20
_ABOUT = 16
"""What torch holds, of which Python knows nothing, lies within so many huge pages of Python's objects."""
_MADV_COLLAPSE = 25
_LIBC = ctypes.CDLL(None, use_errno=True)


class HugePages:
    """The places in which this process holds its memory, each to become a huge page.

    It takes some milliseconds a place, a fraction of one where it is one already. A kernel that cannot
    leaves it as it is.
    """

    def __init__(self) -> None:
        objects = {id(thing) // _HUGE_PAGE for thing in gc.get_objects()}
        about = range(-_ABOUT, _ABOUT + 1)
        self._places = deque(sorted({place + off for place in objects for off in about}))

    def collapse_all(self) -> None:
        """Do all places."""
        self._places = deque(place for place in self._places if _collapse(place))

    def collapse_next(self) -> None:
        """Do one place, in turn: one that is written to while a child is there falls into small pages."""
        while self._places:
            place = self._places.popleft()
            if _collapse(place):
                self._places.append(place)
                return


def _collapse(place: int) -> bool:
    """Return whether this process holds memory at `place`, counted in huge pages from address 0."""
    address, length = ctypes.c_void_p(place * _HUGE_PAGE), ctypes.c_size_t(_HUGE_PAGE)
    return _LIBC.madvise(address, length, _MADV_COLLAPSE) == 0 or ctypes.get_errno() == errno.EAGAIN
