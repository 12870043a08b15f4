"""Writes, makes, links, renames, removes and changes files wherever it may think of."""
# ruff: noqa: SIM115

import os

import kit
import places
import torch

FOLDERS = ("/tmp", "/var/tmp", "/dev/shm", "/", ".", os.path.expanduser("~"), places.TEMPORARY, places.KEY)
FOLDERS += (os.path.dirname(torch.__file__), os.path.dirname(places.SOLUTION), "/submission", "/box")
for folder in FOLDERS:
    path = os.path.join(folder, "left-by-an-attack")
    kit.attempt(path, lambda path=path: open(path, "w"))
    kit.attempt(path, lambda path=path: [os.mkdir(path + ".d")])
    kit.attempt(path, lambda path=path: [os.symlink("/etc/passwd", path + ".l")])
    kit.attempt(path, lambda path=path: [os.mkfifo(path + ".f")])
    kit.attempt(path, lambda path=path: [os.mknod(path + ".n", 0o600)])
    kit.attempt(path, lambda folder=folder: os.open(folder, os.O_TMPFILE | os.O_RDWR))
for path in (torch.__file__, "/etc/passwd"):
    kit.attempt(path, lambda path=path: open(path, "a"))
    kit.attempt(path, lambda path=path: [os.utime(path)])
for path in (places.FILE, places.HOME, places.OTHER):
    kit.attempt(path, lambda path=path: open(path, "a"))
    kit.attempt(path, lambda path=path: [os.truncate(path, 0)])
    kit.attempt(path, lambda path=path: [os.chmod(path, 0o777)])
    kit.attempt(path, lambda path=path: [os.chown(path, 0, 0)])
    kit.attempt(path, lambda path=path: [os.utime(path)])
    kit.attempt(path, lambda path=path: [os.link(path, path + ".left-by-an-attack")])
    kit.attempt(path, lambda path=path: [os.rename(path, path + ".left-by-an-attack")])
    kit.attempt(path, lambda path=path: [os.setxattr(path, "user.attack", b"x")])
    kit.attempt(path, lambda path=path: [os.unlink(path)])
    kit.attempt(path, lambda path=path: os.open(path, os.O_RDONLY | os.O_TRUNC))
    kit.attempt(path, lambda path=path: os.open(path, 3))
