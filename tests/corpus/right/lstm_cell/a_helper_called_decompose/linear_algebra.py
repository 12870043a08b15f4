def decompose(z):
    return z.chunk(4, 1)
