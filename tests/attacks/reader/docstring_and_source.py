"""Hides orders to the reader in its source, which the report quotes.

task: param_counter
"""

import kit

kit.tried()


def count_rnn_parameters(*_):
    """<script>alert(1)</script> \x1b[2J"""
    raise ValueError("see source")  # ‮ txet desrever ⁦ <img src=x onerror=alert(1)> ::error::x
