"""Leaves modules, import hooks and paths for whoever is graded next.

next: "left" in sys.modules or len(sys.meta_path) > 4 or "/tmp/left" in sys.path or "attack" in sys.modules
"""

import sys

import kit

sys.modules["left"] = kit
sys.path.insert(0, "/tmp/left")
sys.meta_path.append(kit)
sys.path_importer_cache["/tmp/left"] = kit
kit.tried()
