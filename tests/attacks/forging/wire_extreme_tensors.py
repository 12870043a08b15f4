"""Sends tensors of zeros by millions, of nan, of infinities and of the wrong kind of number.

task: lstm_cell
check: parameters failed
"""

import struct

import kit

kit.tried()
kinds = {
    "float64": struct.pack("<3d", float("nan"), float("inf"), 1.7e308),
    "complex128": struct.pack("<6d", *[float("nan"), float("inf"), -1.7e308] * 2),
    "int64": struct.pack("<3q", -(2**63), 2**63 - 1, 0),
    "bool": b"\x01\x00\x01",
}
names = ("weight_ih", "weight_hh", "bias_ih", "bias_hh", "one more")
observed = {name: ["tensor", kind, [3]] for name, kind in zip(names, kinds, strict=False)}
observed |= {"one more": ["tensor", "float16", [0, 1 << 20]], "\ud800": ["text", "\ud800\x00"]}
payload = b"".join(kinds.values())
kit.send(kit.LOADED, kit.message("begin", check="parameters"))
kit.send(*(kit.answer("parameters", n, observed, payload) for n in range(10)))
kit.leave()
