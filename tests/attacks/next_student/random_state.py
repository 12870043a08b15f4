"""Sets the state of every random generator, so that the next student's is known.

next: random.random() == random.Random(7).random() or torch.initial_seed() == 7
"""

import random

import kit
import numpy
import torch

random.seed(7)
numpy.random.seed(7)
torch.manual_seed(7)
torch.set_default_dtype(torch.float64)
torch.set_num_threads(2)
kit.tried()
