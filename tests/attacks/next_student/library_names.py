"""Ships modules with the names of torch, numpy, json, grader and the checks.

ships: torch.py numpy.py json.py grader.py grader/worker.py checks.py random.py torch/nn.py
"""

import json
import random

import checks
import grader
import kit
import numpy
import torch

kit.tried()
for module in (torch, numpy, json, grader, checks, random):
    if hasattr(module, "SHIPPED"):
        kit.got("taken", module)
