"""Looks through all frames and their locals for a solution, an answer or a mistake."""

import re
import sys

import kit

LOOKED_FOR = re.compile("marker-(?:other|env|home|file)-[0-9a-f]{32}|Gers, Schmid[h]uber")
kit.tried()
found = sys._getframe()
while found:
    for name, value in (*found.f_locals.items(), *found.f_globals.items()):
        for place in LOOKED_FOR.finditer(repr(value)):
            kit.got(name, place.group())
    found = found.f_back
