"""Writes formulas that a spreadsheet computes where it opens a table.

task: param_counter
"""

import kit

TEXT = '=HYPERLINK("http://example.org";"10")\t+1+1\n-1\n@SUM(1)\n"quoted",\r\n'
kit.tried()
print(TEXT)


def count_rnn_parameters(*_):
    raise ValueError(TEXT)
