"""Opens the parts of the kernel where holes are found: io_uring, bpf, userfaultfd, keys, perf, modules."""

import kit

CALLS = {
    "io_uring_setup": (425, 8, bytes(120)),
    "bpf": (321, 0, bytes(128), 128),
    "userfaultfd": (323, 1),
    "keyctl": (250, 0, -3, 1),
    "add_key": (248, b"user", b"attack", b"x", 1, -2),
    "perf_event_open": (298, bytes(128), 0, -1, -1, 0),
    "kexec_load": (246, 0, 0, 0, 0),
    "init_module": (175, bytes(8), 8, b""),
    "fanotify_init": (300, 0, 0),
    "inotify_init": (253,),
    "eventfd": (284, 0),
    "timerfd": (283, 1, 0),
    "signalfd": (282, -1, bytes(8), 8),
    "epoll_create": (213, 1),
    "pipe": (22, bytes(8)),
    "seccomp": (317, 2, 0, 0),
    "landlock": (444, 0, 0, 1),
    "syslog": (103, 10, 0, 0),
    "acct": (163, 0),
    "swapon": (167, b"/dev/null", 0),
    "reboot": (169, 0, 0, 0, 0),
    "quotactl": (179, 0, 0, 0, 0),
    "vmsplice": (278, 1, 0, 0, 0),
    "splice": (275, 0, 0, 1, 0, 1, 0),
    "sysinfo": (99, bytes(128)),
    "modify_ldt": (154, 0, bytes(16), 16),
    "iopl": (172, 3),
    "arch_prctl": (158, 0x1003, bytes(8)),
    "mlockall": (151, 1),
    "set_mempolicy": (238, 0, 0, 0),
    "lookup_dcookie": (212, 0, 0, 0),
    "rseq of others": (334, 0, 0, 0, 0),
}
for name, (number, *arguments) in CALLS.items():
    kit.attempt(name, lambda number=number, arguments=arguments: kit.syscall(number, *arguments))
