"""Leaves threads behind that go on when all has been answered."""

import threading
import time

import kit


def stay():
    while True:
        time.sleep(0.01)


for _ in range(4):
    threading.Thread(target=stay).start()
kit.tried()
