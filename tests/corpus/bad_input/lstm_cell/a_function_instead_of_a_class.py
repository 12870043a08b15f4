def LSTMCell(x, state=None):
    return x, x
