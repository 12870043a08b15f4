"""Starts other processes in every way that Python has."""

import os
import pty
import subprocess

import kit


def forked(fork):
    pid = fork()
    pid = pid[0] if isinstance(pid, tuple) else pid
    if not pid:
        os._exit(0)
    os.waitpid(pid, 0)
    return pid


kit.attempt("fork", lambda: forked(os.fork))
kit.attempt("forkpty", lambda: forked(os.forkpty))
kit.attempt("pty", lambda: forked(pty.fork))
kit.attempt("spawn", lambda: os.posix_spawn("/bin/true", ["true"], {}))
kit.attempt("run", lambda: subprocess.run(["/bin/true"]))
kit.attempt("python", lambda: subprocess.run([os.path.realpath("/proc/self/exe"), "-V"]))
kit.attempt("system", lambda: os.system("true") == 0 or None)
kit.attempt("popen", lambda: os.popen("echo x").read() or None)
