"""Opens files of home, of `/etc`, of other students and of the machine."""
# ruff: noqa: SIM115

import glob
import os

import kit
import places

PATHS = (
    *(places.HOME, places.FILE, places.OTHER, places.TEMPORARY, os.path.dirname(places.HOME)),
    *("/etc/passwd", "/etc/shadow", "/etc/hostname", "/etc/resolv.conf", "/etc/machine-id"),
    *("/root/.bashrc", "/root/.ssh/id_rsa", "/home", "/var/log", "/tmp", "/dev/shm", "/dev/mem"),
    *("/dev/kmsg", "/sys/class/dmi/id/product_uuid", "/sys/fs/cgroup", "/run", "/boot", "/", ".."),
)
for path in PATHS:
    kit.attempt(f"open {path}", lambda path=path: open(path, "rb").read(100))
    kit.attempt(f"list {path}", lambda path=path: os.listdir(path))
    kit.attempt(f"glob {path}", lambda path=path: glob.glob(f"{path}/*") or None)
