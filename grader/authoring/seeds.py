"""Seeds of random numbers, the same for every program that is asked."""

import zlib


def random_seed(seed: int, number: int, run: int = 0) -> int:
    """Return the seed of the random numbers of torch, NumPy and Python with which a case begins."""
    return zlib.crc32(f"{seed}/{number}/{run}".encode())
