"""Ships modules with the names of torch, numpy, json and the grader.

ships: torch.py numpy.py json.py grader.py grader/guest/worker.py random.py torch/nn.py
"""

import json
import random

import kit
import numpy
import torch

import grader

kit.tried()
for module in (torch, numpy, json, grader, random):
    if hasattr(module, "SHIPPED"):
        kit.got("taken", module)
