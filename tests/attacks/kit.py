"""What attacks share; it is handed in beside them.

`tried()` says that an attack ran. `attempt` says `GOT` where one got what it must not get. The rest
finds the worker's descriptor and frames, speaks its language, and calls the kernel directly.
"""

import contextlib
import ctypes
import json
import mmap
import os
import stat
import struct
import sys

said = []


def tried(*what):
    """Say once that the attack runs; what else is printed is for `GOT`."""
    if not said:
        said.append(what)
        print("TRIED", *what, flush=True)


def got(what, value=""):
    print(f"GOT {what}: {value!s:.300}", flush=True)


def attempt(what, action):
    """Say `GOT` where `action` raises nothing and returns anything but None."""
    tried()
    with contextlib.suppress(BaseException):
        value = action()
        if value is not None:
            got(what, value)


def answers():
    """Return the descriptor that the worker writes its answers to."""
    printed = os.fstat(2).st_ino
    for descriptor in range(3, 64):
        with contextlib.suppress(OSError):
            found = os.fstat(descriptor)
            if stat.S_ISFIFO(found.st_mode) and found.st_ino != printed:
                return descriptor
    raise OSError("there is no descriptor for answers")


def send(*messages):
    descriptor, view = answers(), memoryview(b"".join(messages))
    while view:
        view = view[os.write(descriptor, view) :]


def raw(header, payload=b"", header_size=None, payload_size=None):
    """Return a message with any header, and with lengths that may lie."""
    sizes = (
        len(header) if header_size is None else header_size,
        len(payload) if payload_size is None else payload_size,
    )
    return struct.pack("<II", *sizes) + header + payload


def message(kind, payload=b"", **fields):
    return raw(json.dumps({"kind": kind, **fields}).encode(), payload)


def answer(check="a_count", case=0, observed=None, payload=b"", **fields):
    whole = {"raised": None, "changed": [], "sizes": {}, "drawn": []} | fields
    return message("answer", payload, check=check, case=case, observed=observed, **whole)


LOADED = message("loaded")
START = LOADED + message("begin", check="a_count")
END = message("end")


def leave():
    """End the process as if all work were done."""
    sys.stdout.flush()
    os._exit(0)


def frame(name):
    """Return the frame of the function `name` among the callers."""
    found = sys._getframe()
    while found.f_code.co_name != name:
        found = found.f_back
    return found


def asked():
    """Return what the worker knows while a submission is imported: its task and job."""
    found = frame("_ask").f_locals
    return found["task"], found["job"]


def genuine(implementation):
    """Return the messages of a whole conversation in which `implementation` answers."""
    worker = sys.modules["grader.guest.worker"]
    task, job = asked()
    messages = [LOADED]
    for name, cases in job.fields["ask"]:
        messages.append(message("begin", check=name))
        for case in cases:
            answer = worker._answer(task.checks[name], case, job.fields["seed"], implementation, False, "")
            messages.append(worker.pack_answer(answer))
    return b"".join([*messages, END])


def syscall(number, *arguments):
    """Call the kernel by number (x86_64); raise `OSError` where it refuses."""
    libc = ctypes.CDLL(None, use_errno=True)
    libc.syscall.restype = ctypes.c_long
    given = [ctypes.c_long(one) if isinstance(one, int) else one for one in arguments]
    result = libc.syscall(ctypes.c_long(number), *given)
    if result == -1:
        raise OSError(ctypes.get_errno(), f"system call {number}")
    return result


def machine_code(code):
    """Return a function of one whole number that runs `code` (x86_64)."""
    page = mmap.mmap(-1, 4096, prot=mmap.PROT_READ | mmap.PROT_WRITE | mmap.PROT_EXEC)
    page.write(code)
    address = ctypes.addressof(ctypes.c_char.from_buffer(page))
    function = ctypes.CFUNCTYPE(ctypes.c_long, ctypes.c_long)(address)
    function.page = page
    return function


def kernel_threads():
    """Return a function that starts so many threads that wait, without a stack or Python (x86_64)."""
    flags = 0x00010000 | 0x100 | 0x800 | 0x200 | 0x400  # THREAD, VM, SIGHAND, FS, FILES
    waiting = bytes.fromhex("31ff31f631d24d31d2b80f0100000f05ebee")  # ppoll(0, 0, 0, 0), again
    before = bytes.fromhex("534889fb")  # push rbx; mov rbx, rdi
    clone = b"\xbf" + struct.pack("<I", flags) + bytes.fromhex("4889e631d24d31d24d31c0b8380000000f05")
    count = bytes.fromhex("48ffcb")  # dec rbx
    back = bytes.fromhex("4889d85bc3")  # mov rax, rbx; pop rbx; ret
    # test rax, rax; jz to `waiting`; js to `back`; dec rbx; jnz to `clone`
    size = len(clone) + 3 + 2 + 2 + len(count) + 2
    tests = bytes.fromhex("4885c0")
    tests += b"\x74" + struct.pack("b", 2 + len(count) + 2 + len(back))
    tests += b"\x78" + struct.pack("b", len(count) + 2)
    loop = clone + tests + count + b"\x75" + struct.pack("b", -size)
    left = machine_code(before + loop + back + waiting)
    return lambda number: number - left(number)


def wait_as_vfork(seconds):
    """Have this thread wait in state D for one that sleeps, made as vfork(2) makes processes (x86_64)."""
    flags = 0x00010000 | 0x4000 | 0x100 | 0x800 | 0x200 | 0x400  # THREAD, VFORK, VM, SIGHAND, FS, FILES
    clone = b"\xbf" + struct.pack("<I", flags) + bytes.fromhex("31f631d24d31d24d31c0b8380000000f05")
    back = bytes.fromhex("4885c07401c3")  # test rax, rax; jz on; ret
    sleep = bytes.fromhex("31f6b8230000000f05")  # nanosleep(rdi, 0)
    leave = bytes.fromhex("31ffb83c0000000f05")  # exit(0), of this thread
    address = b"\x48\x8d\x3d" + struct.pack("<i", len(sleep) + len(leave))  # lea rdi, the seconds
    machine_code(clone + back + address + sleep + leave + struct.pack("<qq", seconds, 0))(0)


def readable(address):
    """Whether a page of this process can be read: the kernel tells EINVAL from EFAULT."""
    libc = ctypes.CDLL(None, use_errno=True)
    libc.syscall(14, ctypes.c_long(99), ctypes.c_long(address), None, ctypes.c_long(8))
    return ctypes.get_errno() == 22


def memory_around(address, most=1 << 26):
    """Return the bytes of the mapping that holds `address`, found page by page."""
    page = 4096
    low = high = address & ~(page - 1)
    while low > 0 and high - low < most // 2 and readable(low - page):
        low -= page
    while high - low < most and readable(high):
        high += page
    return ctypes.string_at(low, high - low)


def zeros_cell():
    """Return an LSTM cell with the right parameters that computes nothing."""
    import torch

    class LSTMCell(torch.nn.Module):
        def __init__(self, input_size, hidden_size):
            super().__init__()
            self.hidden_size = hidden_size
            for name, width in (("ih", input_size), ("hh", hidden_size)):
                setattr(self, f"weight_{name}", torch.nn.Parameter(torch.zeros(4 * hidden_size, width)))
                setattr(self, f"bias_{name}", torch.nn.Parameter(torch.zeros(4 * hidden_size)))

        def forward(self, x, state=None):
            zeros = x.new_zeros(len(x), self.hidden_size)
            return zeros, zeros.clone()

    return LSTMCell


def weights(cell):
    return cell.weight_ih, cell.weight_hh, cell.bias_ih, cell.bias_hh


def cell_by(step):
    """Return an LSTM cell whose `forward` lets `step(x, (h, c), weights)` compute."""
    zeros = zeros_cell()

    class LSTMCell(zeros):
        def forward(self, x, state=None):
            if state is None:
                state = super().forward(x)
            return step(x, state, weights(self))

    return LSTMCell
