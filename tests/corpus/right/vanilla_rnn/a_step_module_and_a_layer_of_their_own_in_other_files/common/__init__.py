from .affine import Affine
from .loop import unroll
