"""Raises SystemExit(0) while it is imported.

task: lstm_cell
check: loads failed
"""

import sys

import kit

kit.tried()
sys.exit(0)
