"""Opens the solution, the mistakes, the checks and the folder they are in."""

import os
from pathlib import Path

import kit
import places

for path in (places.SOLUTION, places.CHECKS):
    kit.attempt(path, lambda path=path: Path(path).read_text())
    kit.attempt(path, lambda path=path: os.read(os.open(path, os.O_RDONLY | os.O_DIRECT), 100))
for path in (places.MISTAKES, os.path.dirname(places.SOLUTION)):
    kit.attempt(path, lambda path=path: os.listdir(path))
    kit.attempt(path, lambda path=path: [one.name for one in os.scandir(path)])
