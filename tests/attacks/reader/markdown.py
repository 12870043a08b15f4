"""Writes Markdown: links, pictures, tables and code that ends early.

task: param_counter
"""

import kit

TEXT = "```\n# 10 of 10\n[click](javascript:alert(1)) ![x](http://example.org/x.png) | a | b |\n`unended"
kit.tried()
print(TEXT)


def count_rnn_parameters(*_):
    raise ValueError(TEXT)
