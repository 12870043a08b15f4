"""Calls `fork` and `socket` from machine code in a page of its own, past libc."""

import kit

kit.tried()
# mov eax, edi; xor edi, edi; xor esi, esi; xor edx, edx; syscall; ret
call = kit.machine_code(bytes.fromhex("89f831ff31f631d20f05c3"))
for number in (57, 41, 101, 321, 425):
    result = call(number)
    if result >= 0:
        kit.got(number, result)
