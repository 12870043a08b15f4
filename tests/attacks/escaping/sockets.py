"""Opens sockets of every family: TCP, UDP, unix, netlink, vsock, packet, and pairs of them."""

import socket

import kit

FAMILIES = (
    "INET",
    "INET6",
    "UNIX",
    "NETLINK",
    "VSOCK",
    "PACKET",
    "ALG",
    "CAN",
    "BLUETOOTH",
    "QIPCRTR",
    "TIPC",
)
KINDS = ("STREAM", "DGRAM", "RAW", "SEQPACKET")
for family in FAMILIES:
    for kind in KINDS:
        number = getattr(socket, f"AF_{family}", 40)
        kit.attempt(
            f"{family} {kind}", lambda n=number, k=kind: socket.socket(n, getattr(socket, f"SOCK_{k}"))
        )
kit.attempt("pair", socket.socketpair)
