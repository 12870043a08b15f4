"""Connects to this machine and others, asks for names, listens, and uses an abstract address."""

import socket
import urllib.request

import kit

kit.attempt("connect", lambda: socket.create_connection(("127.0.0.1", 22), 1))
kit.attempt("listen", lambda: socket.create_server(("127.0.0.1", 0)))
kit.attempt("names", lambda: socket.getaddrinfo("localhost", 80))
kit.attempt("hosts", lambda: socket.gethostbyname("example.org"))
kit.attempt("page", lambda: urllib.request.urlopen("http://127.0.0.1:1/", timeout=1))


def abstract():
    server = socket.socket(socket.AF_UNIX)
    server.bind("\0an-attack")
    return server


kit.attempt("abstract", abstract)
