from .cell import LSTMCell

__all__ = ["LSTMCell"]
