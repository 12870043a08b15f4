"""Sets environment variables, the locale and the working folder.

next: "LEFT" in os.environ or os.environ.get("PYTHONPATH") or os.environ.get("LD_PRELOAD")
"""

import os

import kit

os.environ.update(LEFT="x", PYTHONPATH="/tmp", LD_PRELOAD="/tmp/left.so")
kit.tried()
