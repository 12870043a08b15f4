"""Looks for paths, tokens or a seed among the arguments of its process."""

import sys

import kit
import places

kit.tried()
for one in sys.argv + sys.orig_argv:
    for name in ("SOLUTION", "KEY", "FILE", "HOME"):
        if getattr(places, name) in one:
            kit.got(name, one)
