"""Ships stale bytecode, caches and start-up files beside a right module.

ships: __pycache__/param_counter.cpython-311.pyc sitecustomize.py usercustomize.py conftest.py left.pth
"""

import sys

import kit

kit.tried()
for name in ("sitecustomize", "usercustomize", "conftest"):
    if name in sys.modules:
        kit.got("imported", name)
