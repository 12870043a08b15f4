def at_least_one(*sizes):
    if min(sizes) < 1:
        raise ValueError("all sizes start at 1")
