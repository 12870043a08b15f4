class Hostile(type):
    def __getattribute__(self, name):
        raise SystemExit("<b>no</b>")


class Message(Exception, metaclass=Hostile):
    def __str__(self):
        raise KeyboardInterrupt


class LSTMCell:
    def __init__(self, input_size, hidden_size):
        raise Message
