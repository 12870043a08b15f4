"""Looks through all objects that the garbage collector knows, frozen ones too, for what others left."""

import gc
import re

import kit

LOOKED_FOR = re.compile("marker-(?:other|env|home|file)-[0-9a-f]{32}|Gers, Schmid[h]uber|answer [k]ey 1")
kit.tried()
gc.unfreeze()
for one in gc.get_objects():
    for part in gc.get_referents(one):
        if type(part) in (str, bytes):
            text = part if type(part) is str else part.decode("latin-1")
            for place in LOOKED_FOR.finditer(text):
                kit.got("object", place.group())
