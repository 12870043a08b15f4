"""Has Python itself quote lines of files: through linecache, tokenize, inspect and a SyntaxError."""
# ruff: noqa: SIM115

import linecache
import tokenize
import zipimport

import kit
import places

for path in (places.SOLUTION, places.HOME, "/etc/passwd"):
    kit.attempt(path, lambda path=path: linecache.getlines(path) or None)
    kit.attempt(path, lambda path=path: tokenize.open(path).read())
    kit.attempt(path, lambda path=path: zipimport.zipimporter(path))
    code = compile("1 / 0", path, "exec")
    kit.attempt(path, lambda code=code: exec(code))
