def size(number):
    assert number >= 1
    return number
