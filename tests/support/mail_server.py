"""A server that takes mail on loopback, by as much of SMTP as a client needs."""

import socketserver
import threading
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage


@dataclass
class MailServer:
    """What came is in `mails`, and for whom in `recipients`."""

    refuses: bool = False
    """Whether it takes no recipient now."""
    mails: list[EmailMessage] = field(default_factory=list)
    recipients: list[str] = field(default_factory=list)
    port: int = 0

    @contextmanager
    def open(self):
        outer = self

        class Handler(socketserver.StreamRequestHandler):
            def handle(self) -> None:
                self._say("220 ready")
                while line := self.rfile.readline():
                    word = line[:4].upper().strip()
                    if word == b"DATA":
                        self._say("354 go on")
                        outer.mails.append(message_from_bytes(self._mail(), policy=policy.default))
                        self._say("250 taken")
                    elif word == b"RCPT" and outer.refuses:
                        self._say("450 not now")
                    elif word == b"QUIT":
                        self._say("221 bye")
                        return
                    else:
                        if word == b"RCPT":
                            outer.recipients.append(line.decode().strip()[len("RCPT TO:<") : -1])
                        self._say("250 ok")

            def _mail(self) -> bytes:
                lines = []
                while (line := self.rfile.readline()) not in (b".\r\n", b""):
                    lines.append(line)
                return b"".join(lines)

            def _say(self, text: str) -> None:
                self.wfile.write(text.encode() + b"\r\n")

        class Server(socketserver.ThreadingTCPServer):
            daemon_threads = True

        with Server(("127.0.0.1", 0), Handler) as server:
            self.port = server.server_address[1]
            thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
            thread.start()
            yield self
            server.shutdown()
            thread.join()
