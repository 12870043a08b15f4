def affine(x, weight, bias):
    return x @ weight.T + bias
