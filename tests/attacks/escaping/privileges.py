"""Changes who it is, what it may use and where it is."""

import os
import resource

import kit

kit.attempt("setuid", lambda: [os.setuid(0)])
kit.attempt("setgroups", lambda: [os.setgroups([])])
kit.attempt("setresuid", lambda: [os.setresuid(0, 0, 0)])
kit.attempt("chroot", lambda: [os.chroot("/")])
kit.attempt("chdir", lambda: [os.chdir("/"), os.listdir(".")])
kit.attempt("nice", lambda: [os.nice(-1)])
kit.attempt("session", lambda: [os.setsid()])
kit.attempt("umask", lambda: [os.umask(0)])
kit.attempt("limit", lambda: [resource.setrlimit(resource.RLIMIT_AS, (1 << 40, 1 << 40))])
kit.attempt("cpu", lambda: [resource.setrlimit(resource.RLIMIT_CPU, (900, 900))])
kit.attempt("hostname", lambda: [kit.syscall(170, b"attack", 6)])
kit.attempt("capset", lambda: [kit.syscall(126, b"\x22\x05\x08\x20\0\0\0\0", b"\xff" * 24)])
kit.attempt("dumpable", lambda: [kit.syscall(157, 4, 1, 0, 0, 0)])
kit.attempt("subreaper", lambda: [kit.syscall(157, 36, 1, 0, 0, 0)])
kit.attempt("pdeathsig", lambda: [kit.syscall(157, 1, 0, 0, 0, 0)])
kit.attempt("ptracer", lambda: [kit.syscall(157, 0x59616D61, -1, 0, 0, 0)])
kit.attempt("personality", lambda: [kit.syscall(135, 0x0040000)])
