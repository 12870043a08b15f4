"""Reads the seed of grading and the hidden checks in the worker's frames and prints them.

wins: GOT
open: the questions run in the student's process, so a program can print them; judge no class twice by them
"""

import linecache

import kit

kit.tried()
task, job = kit.asked()
kit.got("seed", f"seed {job.fields['seed']}")
kit.got("checks", "".join(linecache.getlines("/assignment/checks.py"))[:200])
