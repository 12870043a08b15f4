"""Uses processor time in four threads and ignores the signal that says it is used up.

task: param_counter
cpu: 1
wall: 20
says: crashed
slow: yes
"""

import signal
import threading

import kit
import torch


def spin():
    matrix = torch.ones(300, 300)
    while True:
        matrix = torch.tanh(matrix @ matrix)


signal.signal(signal.SIGXCPU, signal.SIG_IGN)
for _ in range(3):
    threading.Thread(target=spin).start()
kit.tried()
spin()
