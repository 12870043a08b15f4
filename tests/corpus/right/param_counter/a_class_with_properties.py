from dataclasses import dataclass


@dataclass
class RNN:
    inputs: int
    hidden: int
    outputs: int
    steps: int

    def __post_init__(self):
        for key, value in vars(self).items():
            if value < 1:
                raise ValueError(f"{key}={value}")

    @property
    def recurrent(self):
        return (self.inputs + self.hidden + 1) * self.hidden

    @property
    def readout(self):
        return (self.hidden + 1) * self.outputs

    def __int__(self):
        return self.recurrent + self.readout


def count_rnn_parameters(input_size, hidden_size, output_size, time_steps):
    return int(RNN(input_size, hidden_size, output_size, time_steps))
