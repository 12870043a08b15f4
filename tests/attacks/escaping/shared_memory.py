"""Makes memory, messages and semaphores that other processes could see."""

import kit

kit.attempt("shmget", lambda: kit.syscall(29, 0, 4096, 0o1666))
kit.attempt("msgget", lambda: kit.syscall(68, 0, 0o1666))
kit.attempt("semget", lambda: kit.syscall(64, 0, 1, 0o1666))
kit.attempt("mq_open", lambda: kit.syscall(240, b"attack", 0o102, 0o600, 0))
kit.attempt("memfd_secret", lambda: kit.syscall(447, 0))


def named():
    from multiprocessing.shared_memory import SharedMemory

    return SharedMemory(create=True, size=64)


kit.attempt("shm_open", named)
