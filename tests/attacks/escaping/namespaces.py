"""Makes namespaces and mounts of its own."""

import kit
import places

for name, flag in {"user": 28, "net": 30, "pid": 29, "mount": 17, "uts": 26, "ipc": 27, "cgroup": 25}.items():
    kit.attempt(f"unshare {name}", lambda flag=flag: [kit.syscall(272, 1 << flag)])
    kit.attempt(f"setns {name}", lambda flag=flag: [kit.syscall(308, 0, 1 << flag)])
    kit.attempt(f"thread {name}", lambda flag=flag: [kit.syscall(56, 0x10900 | 1 << flag, 0, 0, 0, 0)])
kit.attempt("mount", lambda: [kit.syscall(165, b"none", places.TEMPORARY.encode(), b"tmpfs", 0, 0)])
kit.attempt("pivot_root", lambda: [kit.syscall(155, b"/", b"/")])
kit.attempt("open_tree", lambda: [kit.syscall(428, -100, b"/", 1)])
kit.attempt("fsopen", lambda: [kit.syscall(430, b"tmpfs", 0)])
kit.attempt("file handle", lambda: [kit.syscall(304, -100, bytes(128), 0)])
