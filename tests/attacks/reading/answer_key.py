"""Opens the answer key."""
# ruff: noqa: SIM115

import os

import kit
import places

kit.attempt("list", lambda: os.listdir(places.KEY))
kit.attempt("walk", lambda: list(os.walk(places.KEY)) or None)
for name in ("answers", "key", "."):
    kit.attempt(name, lambda name=name: open(os.path.join(places.KEY, name)).read())
