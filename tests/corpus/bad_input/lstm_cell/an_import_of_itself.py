from lstm_cell import LSTMCell
