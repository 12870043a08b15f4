"""Detaches from its parent to outlive grading."""

import os

import kit
import places


def detach():
    if os.fork():
        return 1
    os.setsid()
    if os.fork():
        os._exit(0)
    while not os.path.exists(os.path.join(places.TEMPORARY, "left-by-an-attack")):
        pass


kit.attempt("daemon", detach)
