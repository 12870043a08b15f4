"""The catalogue of messages: what each identifier says in English.

The only place where messages become sentences: each template is the key of its translation (see
`grader.report.language`). A template is a format string with the parameters of its message. Its format
specs are those of `_Formatter`: `{n:element|elements}` counts, `{names:code}` lists names in backticks.
"""

import re
import string
from collections.abc import Mapping, Sequence
from typing import Any

from grader.report.language import _, authors, decimal
from grader.report.numbers import points, signed_points, size
from grader.results.message import Message, Parameter
from grader.results.report import Lateness, Report, TaskResult, Verdict, is_picture, mark

ENGLISH: Mapping[str, str] = {
    # Sentences of any kind.
    "sentence": "{text:sentence}",
    "sentence_end": "{text}.",
    "with_advice": "{message} {advice}",
    "authors_words": "{text}",
    # Titles of the grader's own checks.
    "title_loads": "`{file}` exists and can be imported.",
    "title_written_out": "The layer is written out, not taken from torch.",
    "title_hidden": "Hidden check {number}.",
    # Files and imports.
    "cannot_be_read": "`{path}` cannot be read ({reason})",
    "not_a_plain_file": "`{path}` is not a plain file",
    "file_too_long": "`{path}` is longer than {most:bytes}",
    "folder_not_file": "`{path}` is a folder, not a Python file",
    "link_not_followed": "`{path}` is a link; links are not followed, hand in the file itself",
    "name_not_printable": "{path} has a name that cannot be printed; it was left out",
    "path_not_possible": "`{path}` is a path that no file can have beside the others; it was left out",
    "path_too_long": "`{path}…` has a path of more than {most} characters; it was left out",
    "data_files_left_out": "{count:data file was|data files were} left out in `{folder}`: the limits are "
    "{most_files} files, {most_bytes:bytes} each and {most_in_all:bytes} in all",
    "more_files_left_out": "{count:more file was|more files were} left out",
    "no_package": "`{folder}` is not a package that Python can import: it has no `__init__.py`",
    "web_page": "a web page (HTML), not Python",
    "formatted_text": "a text with formatting (RTF), not Python",
    "pdf": "a PDF, not Python",
    "zip": "a zip archive or an office document, not Python",
    "utf_16": "UTF-16 text; save it as UTF-8",
    "not_python": "`{path}` is {what}",
    "not_asked_for": "`{path}` was not used: no task asks for it",
    "several_versions": "there are several versions of it: {paths:code}; hand in one of them",
    "taken_as": "`{path}` was taken as `{target}`",
    "other_taken": "`{path}` was left out: `{taken}` was taken as `{target}`",
    "folder_taken": "the files were taken from {folders:code}{more:more}, which holds what the tasks ask for",
    "several_notebooks": "several notebooks may be it: {paths:code}; hand in one of them",
    "copy_of_notebook": "`{path}` was left out: it looks like a copy of another notebook",
    "too_many_notebooks": "`{path}` was left out: at most {most} notebooks are read",
    "notebook_too_long": "`{path}` is a notebook of more than {most:bytes}; clear its outputs",
    "notebook_unreadable": "`{path}` is not a notebook that can be read",
    "notebook_used": "`{path}` is a notebook: its code cells were used as {files:code}, without lines that "
    "only a notebook understands",
    "notebook_used_for_all": "`{path}` is a notebook: its code cells were used as every file that is looked "
    "for, without lines that only a notebook understands",
    "of_file": "`{path}`: {what}",
    "cell_left_out": "cell {cell} was left out: {problem}",
    "cell_from_line_left_out": "the cell from line {line} on was left out: {problem}",
    "magics_left_out": "what only a notebook understands was left out",
    "syntax_error_in_line": "SyntaxError: {text} (line {line})",
    "cannot_be_parsed": "it cannot be parsed: {reason}",
    "written_file_missing": "There is no `{file}` in the submission, so this question has no answer.",
    "written_not_answered": "There is no answer to question {number} in `{file}`.",
    "written_without_heading": "`{file}` has no heading `{number}`, so a person has to look where the answer "
    "is. It costs no points by itself.",
    "written_unreadable": "`{file}` is {what}. A person has to open it.",
    "written_pdf": "a PDF, which is not read here",
    "written_office": "an office document, which is not read here",
    "written_rich_text": "a text with formatting (RTF), which is not read here",
    "given_by": "Given by {by}.",
    "given_because": "Given by {by}: {reason}",
    "a_person": "a person",
    "decided_score": "The machine had found: {verdict}, {score:points} of {points:points} points.",
    "decided_points": "The machine had found: {score:points} of {points:points} points.",
    "look_again": "{count:decision|decisions} to look at again: the result has changed since.",
    "look_again_here": "The result has changed since this was decided; a person looks at it again.",
    "not_final_look_again": "Not final: a person looks at a decision again, because the result has changed.",
    "decided_by_people": "{count:result was|results were} decided by a person.",
    "flag_contradiction": "It may contradict: {titles:quoted}.",
    "flag_addresses_grader": "It addresses the grader.",
    "flag_copy": "Nearly the same words as {other}.",
    "flag_hidden_text": "It has text that a reader would not see.",
    "flag_key_words": "It is a list of words more than sentences.",
    "decided_by_machine": "Decided by the machine, as the author of the question wants it. It saw: "
    "{titles:quoted}.",
    "nothing_seen_by_machine": "Decided by the machine, as the author of the question wants it. It saw none "
    "of what gives points.",
    "waits_for_a_person": "A person decides about the points of this answer.",
    "file_missing": "There is no `{file}` in the submission, so this task could not be graded.",
    "file_missing_similar": "There is no `{file}` in the submission, so this task could not be graded. "
    "Did you mean `{similar}`?",
    "file_missing_defined": "There is no `{file}` in the submission, so this task could not be graded. "
    "`{path}` defines `{name}`; each task is a file of its own: `{file}`.",
    "source_not_searched": "`{file}` could not be searched for layers that must be written out: {reason}.",
    "layer_used": "`{layer}` must not compute the result here; write the layer out: {how} "
    "({file}, line {line}).",
    "layer_refused": "{text}",
    "layer_refused_at": "{text} It was called in {file}, line {line}.",
    "stopped_at_import": "During the import: {reason}.",
    "import_raised": "The import raised {error}",
    "statement_left_out": "{file}, line {line} was left out: {reason}",
    "older_definition_graded": "{note}; the earlier definition of {names:code} is graded",
    "note_with_advice": "{note}. {advice}",
    "more_statements_left_out": "{count:more statement was|more statements were} left out because of errors.",
    "definition_left_out": "{file}, line {line}, which should have defined it, was left out: {reason}.",
    "python_version": "Submissions are graded with Python {version}.",
    "later_python": "Only Python {since} and later support {feature}. Submissions are graded with Python "
    "{version}.",
    "merge_conflict": "{file}, line {line}: the marks of a merge conflict are still there (`<<<<<<<`). Keep "
    "one of the two versions, and delete the marks.",
    "python_two": "That is Python 2. Submissions are graded with Python {version}.",
    "move_what_exits": 'Code that ends the program belongs under `if __name__ == "__main__":`.',
    "move_to_main": 'Code like that belongs under `if __name__ == "__main__":`.',
    "library_missing": "Besides your own files, only torch, numpy, tqdm and Python's own modules are "
    "installed. If the result does not need this library, import it in the function that uses it.",
    "relative_import": "A relative import needs a package: write `from gates import …` for a file in the "
    "same folder.",
    "named_like_library": "Your file `{path}` has the name of a library, and the library was found first: "
    "rename your file.",
    "no_device": "Submissions are graded on the CPU: use the device of your arguments (`x.device`), or "
    "`'cuda' if torch.cuda.is_available() else 'cpu'`.",
    "not_permitted": "Other files, other programs and the network are not available during grading.",
    "file_not_handed_in": "Only the files that you handed in are available during grading.",
    "no_input": "There is no answer to `input()` during grading.",
    # Exceptions.
    "exception": "{kind}",
    "exception_saying": "{kind}: {text}",
    "exception_of_memory": "{kind}: it used more than {most:bytes} of memory.",
    "exception_missing_name": "an error: {text}",
    "program_raised": "Your program raised {error}",
    "raised_in": "In `{part}`: {held:commas}.",
    "held_shape": "`{name}` is {shape}",
    "held_tensor": "`{name}` is {shape}, {dtype}",
    "held_dtype": "all of dtype {dtype}",
    "held_length": "`{name}` is a {kind} of {count}",
    "held_none": "`{name}` is None",
    "held_other": "`{name}` is of type {kind}",
    "check_could_not_continue": "The check could not continue at `{code}`.",
    "is_return_missing": "Is `return` missing?",
    "not_written": "`{name}` ({file}, line {line}) is not written yet.",
    "not_written_here": "Not finished: {file}, line {line} raises `NotImplementedError`.",
    # What exceptions mean.
    "help_truth": "`if` asks whether a whole tensor is true. To ask whether it was given, write `if h is "
    "None`; for its entries, `.any()` or `.all()`.",
    "help_one_number": "`.item()`, `int()` and `float()` take a tensor with one entry; this one has {count}.",
    "help_to_number": "Only a tensor or array with one entry can become a number. To join tensors, use "
    "`torch.stack` or `torch.cat`, not `torch.tensor([…])`.",
    "help_array_of_objects": "The list or array holds something that is not a number, for example None or "
    "lists of different lengths.",
    "help_matmul": "A matrix product needs as many columns on the left as rows on the right: here ({one}) "
    "meets ({other}). Is a transpose (`.T`) missing, or one too many?",
    "help_matrix_vector": "A matrix times a vector needs as many columns as the vector has entries: "
    "({matrix}) meets {vector}.",
    "help_dot": "The product of two vectors needs as many entries in both: {one} meet {other}.",
    "help_matmul_sizes": "A matrix product needs as many columns on the left as rows on the right: {one} "
    "meet {other}. Is a transpose (`.T`) missing, or one too many?",
    "help_broadcast": "Along axis {axis}, one tensor has {one} entries and the other {other}: they must be "
    "equal, or one of them 1.",
    "help_broadcast_shapes": "The shapes ({one}) and ({other}) do not fit: from the last axis on, sizes "
    "must be equal, or one of them 1.",
    "help_reshape": "There are {count} entries, and the shape ({shape}) needs a different number of them.",
    "help_view": "`view` needs entries that lie in order in memory, which they do not after a transpose: "
    "write `reshape`.",
    "help_cat": "To join tensors, all axes but the one along which they are joined must have equal sizes.",
    "help_stack": "`stack` needs tensors of one shape.",
    "help_empty_list": "The list of tensors is empty: the loop that fills it did not run.",
    "help_cat_numbers": "`cat` joins tensors that have an axis; single numbers are joined with `stack`.",
    "help_expand": "A size of {present} cannot become {wanted}: only an axis of size 1 can be expanded.",
    "help_dim": "This tensor has no axis {given}: its axes are {low} to {high}.",
    "help_axis": "This array has no axis {given}: it has {count:axis|axes}.",
    "help_indices": "There are more indices than axes: this one has {count:axis|axes}.",
    "help_index": "Index {index} is past the end: along axis {axis} there are {size:entry|entries}, counted "
    "from 0.",
    "help_list_index": "The index is past the end: entries are counted from 0.",
    "help_unpack": "{wanted:name stands|names stand} on the left, and {present:value comes|values come} "
    "from the right.",
    "help_unpack_many": "{wanted:name stands|names stand} on the left, and more values come from the right.",
    "help_t": "`.t()` is for matrices; this tensor has {count} axes: say which two to exchange, "
    "`x.transpose(-2, -1)`.",
    "help_split": "The sizes of the parts must add up to the size of the axis.",
    "help_dtypes": "Two dtypes meet, {one} and {other}: make constants and states with the dtype of the "
    "input, for example `torch.zeros(n, dtype=x.dtype)` or `x.new_zeros(n)`.",
    "help_cast": "A result of dtype {one} cannot be written into a tensor of dtype {other}: do not use an "
    "in-place operation here.",
    "help_index_dtype": "An index is a whole number: use `//` for division, and tensors of dtype long or "
    "bool.",
    "help_mean": "The mean of whole numbers may not be a whole number: convert with `.float()` first.",
    "help_integer": "A whole number is needed: `/` gives a float, `//` a whole number.",
    "help_leaf": "A parameter, or an input that gets a gradient, must not be changed in place (`+=`, `x[i] "
    "= …`): compute a new tensor.",
    "help_in_place": "A tensor that the gradient needs was changed in place afterwards (`+=`, `x[i] = …`, a "
    "method ending in `_`): compute a new tensor.",
    "help_second_backward": "The graph of an earlier call is still used: is a state kept from one call to "
    "the next without `.detach()`?",
    "help_no_graph": "Nothing that gets a gradient leads to the result: the graph is cut by `.detach()`, "
    "`.data`, `.item()`, `no_grad()` or a new tensor made from numbers, or the caller asked for no "
    "gradients.",
    "help_scalar_loss": "`backward()` starts from one number: take the sum or the mean first.",
    "help_numpy_of_graph": "NumPy does not track gradients: stay in torch if a gradient is asked for.",
    "help_unused": "A tensor that should get a gradient was not used for the result.",
    "help_super_init": "Call `super().__init__()` in the first line of `__init__`.",
    "help_parameter": "`self.{name}` is a parameter: change it within `torch.no_grad()`, or wrap the tensor "
    "in `nn.Parameter`.",
    "help_forward": "The module has no method called `forward`: is it misspelt or indented too far?",
    "help_none": "The value is None: a function without `return` returns None, and so do methods that "
    "change a list.",
    "help_none_operand": "One of the two values is None: is it an argument that was left out, or a function "
    "without `return`?",
    "help_none_attribute": "`.{name}` was asked of None: is it an argument that was left out, or a function "
    "without `return`?",
    "help_attribute": "`{kind}` has nothing called `{name}`: look at the spelling, and whether `__init__` "
    "sets it.",
    "help_missing_argument": "`{name}` was called without {missing}.",
    "help_too_many_arguments": "`{name}` was called with more arguments than it takes. Does a method lack "
    "`self`?",
    "help_keyword": "`{name}` has no argument called `{argument}`: the names of arguments are part of the "
    "task.",
    "help_not_callable": "Parentheses call a function, and this is a {kind}: for an index use `[…]`. Or "
    "does a variable have the name of a function?",
    "help_not_a_sequence": "This is a {kind}, which has no entries: did you mean to call it, or `range(…)`?",
    "help_unbound": "`{name}` gets its value in a branch or loop that did not run here, or only after this "
    "line.",
    "help_name": "`{name}` is not known at this point: is it misspelt, is an import missing, or is it "
    "defined further below?",
    "help_recursion": "A function calls itself without end.",
    "help_assignment": "A {kind} cannot be changed: make a list, or a new {kind}.",
    "help_zero": "The divisor is 0 in this case.",
    "help_int_of_text": "The text is not a whole number.",
    "help_concatenate": "With `+`, a {one} can only be joined to another {one}; the other value here is of "
    "type {other}.",
    "help_argument": "`{name}` must be of type {wanted}, but it is of type {given}.",
    "help_expand_axes": "A tensor with {present:axis|axes} does not fit where {wanted:is expected|are "
    "expected}: `expand`, and an assignment like `c[:, 0] = …`, can add axes, but not take any away.",
    "help_permute": "`permute` names each axis once: this tensor has {present:axis|axes}, and "
    "{named:is|are} named.",
    "help_mm": "`mm` multiplies two matrices, and `bmm` two batches of matrices; `@` does both, and takes "
    "vectors too.",
    "help_einsum": "The letter `{letter}` stands for an axis with {one:entry|entries} and for one with "
    "{other:entry|entries}: a letter has one size everywhere.",
    "help_clamp": "`clamp` needs a bound: `min`, `max` or both.",
    "help_list_of_tensors": "The list should hold tensors, but entry {place} is of type {kind}.",
    "help_floats": "Only floats get gradients: give a parameter a float dtype, for example `torch.zeros(n)`.",
    "help_super_call": "Write `super().__init__()`: `super` has parentheses too.",
    "help_name_taken": "The module already has something called `{name}`: choose another name.",
    "help_layer_made": "`{name}(…)` makes an object of the class and takes no arguments. A layer is made "
    "first and called afterwards: `{name}()(x)`.",
    "help_operand_class": "One of the two is a class, not an object of it: parentheses make an object, as "
    "in `nn.Sigmoid()`.",
    "help_operand_function": "One of the two is a function that is not called: parentheses are missing.",
    "help_operand_list": "A {kind} is not a tensor: take one of its entries, or join them with "
    "`torch.stack`.",
    "help_operands": "`{sign}` does not work with {one} and {other}.",
    "help_module_attribute": "`{module}` has nothing called `{name}`: look at the spelling, capitals too.",
    "help_attribute_of_kind": "A value of type {kind} has nothing called `{name}`: is it misspelt, or is "
    "the value not what you expect?",
    "help_combination": "`{name}` cannot be called with ({kinds}): look up which arguments it takes, and "
    "of which types.",
    "help_length": "A value of type {kind} has no length: did you mean the value itself, or `.shape`?",
    "help_format": "The text has another number of places (`%d`) than there are values. An f-string is "
    "simpler: `f'{{x}}'`.",
    "help_key": "The dictionary has no entry {key}.",
    # Limits.
    "no_answer": "no answer within {seconds:g} s",
    "too_much_processor_time": "it used more than {seconds:g} s of processor time",
    "too_much_output": "it printed more than {most:bytes}",
    "too_much_memory": "it used more than {most:bytes} of memory",
    "too_many_threads": "it started more than {most} threads",
    "malformed_answer": "it sent something that is not an answer",
    "crashed": "the interpreter crashed (signal {signal})",
    "exited": "the program ended itself (exit code {code})",
    "ended_program": "it ended the program",
    "task_time_used_up": "the program used up the time for one task ({seconds:g} s for all its checks)",
    "submission_time_used_up": "the program used up the time for the whole submission "
    "({seconds:g} s for all its tasks)",
    "not_reached": "not reached: {reason}",
    "stopped_with_sizes": "{reason:capital}, with {sizes}.",
    "sandbox_brought_down": "it brought the sandbox down twice, which the solution did not",
    # Why nothing was decided.
    "counts_with": "This counts only if something is right of {titles:quoted}, and nothing is.",
    "skipped": "Skipped, because it depends on “{needed}”",
    "broken": "The grader could not decide this, which is not your fault: {fault}.",
    "too_slow": "The answer is right, but takes {times:n} times the processor time of the solution. At most "
    "{most:n} times is allowed.",
    "other_inputs_here": "it cannot be checked here, because this machine draws other inputs than those of "
    "the kit",
    "checks_passed": "{task}: {right} of {count:check|checks} passed, {seconds:.2f} s",
    "hidden_elsewhere": "{count:hidden check|hidden checks}, worth {points:count}, can only be run by your "
    "instructors.",
    "provisional": "This is a self-check with the inputs that everybody knows. Your instructors grade with "
    "others, and recognize two mistakes in one program: what it says of repairs and marks is provisional.",
    "hidden_failed": "This check is hidden: what it asked is not shown.",
    "hidden_undecided": "it is about a hidden check",
    "needed_check_undecided": "it depends on “{needed}”, which is undecided",
    "no_checks": "checks.py declares nothing",
    "authors_fault": "{text}",
    "sandbox_did_not_begin": "the sandbox ended before the work began ({reason})",
    "sandbox_lost": "the sandbox was lost",
    "solution_did_not_answer": "the solution did not answer ({reason})",
    "check_stopped": "{check}: {reason}",
    "checks_stopped": "{stops:semicolons}",
    "solution_violates": "the solution violates the property of check {check}, case {case}: {problem}",
    "property_fault": "check {check}, case {case}: {problem}",
    "property_failed": "compare= failed: {reason}",
    "property_not_applicable": "what was returned could not be examined: {reason}",
    "no_answer_given": "there is no answer",
    "raised_kind": "it raised {kind}",
    "some_argument_changed": "an argument was changed",
    "of_another_kind": "the answer is of another kind than the solution's",
    # What a slip costs.
    "repair_at": "A small slip in {file}, line {line}",
    "repair_somewhere": "A small change makes the checks pass, but it is not certain which line is wrong",
    "repair_kind": "A small slip in {file}, line {line}: {what}",
    "repair_change": "A small slip in {file}, line {line}: {what}; it is right with `{after}` in place of "
    "`{before}`",
    "repair_found": "{slips:semicolons}.",
    "repair_given_up": "The search for a small change that makes it right was given up, because the changed "
    "programs took too long or ended the process",
    "edit_activation": "an activation",
    "edit_call": "a function that is called",
    "edit_clamped": "a value that is cut off or rounded",
    "edit_comparison": "a comparison",
    "edit_conversion": "a conversion to another type",
    "edit_copy": "a value that is kept and changed later",
    "edit_detach": "a cut in the graph",
    "edit_dim": "an axis",
    "edit_factor": "a factor",
    "edit_function": "the function that is called",
    "edit_in_place": "a change in place",
    "edit_index": "an index or a bound",
    "edit_none_test": "a test for None",
    "edit_number": "a number",
    "edit_one_minus": "`1 - x` in place of `x`, or the reverse",
    "edit_operator": "an operator",
    "edit_order": "the order",
    "edit_reversed": "the direction of time or of an axis",
    "edit_sign": "a sign",
    "edit_statement": "a statement that does not belong here",
    "edit_term": "a term",
    "edit_transpose": "a transpose",
    "edit_variable": "the wrong variable",
    "follow_through": "{slips:semicolons}. {price}",
    "price": "Price: {price:count}. What is right apart from it keeps its points, "
    "which makes {mark:points} of {points:points} instead of {plain:points}.",
    "does_not_explain": "It does not explain why {titles:quoted}{more:more} failed.",
    "looks_like": "This looks like: {title}.",
    "worth": "{points:count}",
    "worth_up_to": "up to {points:count}",
    "right_given": "Right apart from that mistake: its points count.",
    # Wrong values.
    "exception_expected": "{kind} should have been raised",
    "incomparable": "`{name}` is {value}, which cannot be compared",
    "change_expected": "`{name}` should have been changed in place",
    "argument_changed": "{names:code}{more:more} was changed in place; "
    "a function must not change its arguments",
    "value_unexpected": "`{name}` was not expected; it is {value}",
    "values_expected": "{count} values ({names}) were expected; {actual} was returned",
    "value_missing": "`{name}` is missing; {expected} was expected",
    "value_wrong": "`{name}` is {actual}; {expected} was expected",
    "entry_wrong": "`{name}` is {actual} at {index:commas}; {expected} was expected",
    "text_wrong": "`{name}`: {actual}; {expected} was expected",
    "text_differs": "`{name}` differs from character {character} on, counted from 0: {actual}; "
    "{expected} was expected",
    "bytes_differ": "`{name}` differs from byte {byte} on, counted from 0: {actual}; {expected} was expected",
    "length_wrong": "`{name}` has {actual:element|elements}; {expected:element|elements} expected",
    "length_wrong_from": "`{name}` has {actual:element|elements}; {expected:element|elements} expected; "
    "they differ from `{name}[{first}]` on",
    "members_wrong": "`{name}` {problem}",
    "members_differ": "`{name}` {lacks} and {holds}",
    "members_missing": "lacks {members:commas}{more:more}",
    "members_unexpected": "has the unexpected {members:commas}{more:more}",
    "nothing_returned": "None (is `return` missing?)",
    "shape_wrong": "`{name}` has shape {actual}; {expected} was expected",
    "shape_wrong_named": "`{name}` has shape {actual}; {expected}, that is ({axes:commas}), was expected",
    "dtype_wrong": "`{name}` has dtype {actual}; {expected} was expected",
    "float32_accuracy": "`{name}` is right to the accuracy of float32, and no further: {problem}",
    "too_few_digits": "`{name}` is right to the accuracy of float32, but the check asks for "
    "{digits:digit|digits}: {problem}",
    "entry": "entry {number}",
    "index_on_named_axis": "{axis} {index}",
    "index_on_axis": "axis {axis}, index {index}",
    # Diagnoses.
    "nothing_arrives": "{names:code}: the value is None. A function without `return` returns None.",
    "no_gradient_arrives": "{names:code}: the gradient is None. The result does not depend on it, or the "
    "graph is cut on the way, for example by detach(), .data, no_grad(), .item() or a new tensor made from "
    "numbers.",
    "exchanged": "`{one}` and `{other}` are exchanged.",
    "transposed": "Right, but transposed: {names:code}. The last two axes are exchanged.",
    "reshaped": "The right entries in another shape: {names:code}.",
    "all_zero": "Every entry of {names:and} is 0.",
    "opposite_sign": "Every entry of {names:and} is right except for its sign, which is the opposite.",
    "scaled": "Every entry of {names:and} is {factor} times the expected one.",
    "one_step_late": "{names:and}: one step late. Entry t holds what belongs to t - 1.",
    "one_place_late": "{names:and}: one place late along the first axis. "
    "Entry t holds what belongs to t - 1.",
    "one_step_early": "{names:and}: one step early. Entry t holds what belongs to t + 1.",
    "one_place_early": "{names:and}: one place early along the first axis. "
    "Entry t holds what belongs to t + 1.",
    "reversed_in_time": "{names:and}: right, but in reversed order of time.",
    "reversed": "{names:and}: right, but in reversed order.",
    "partly_not_finite": "`{name}` is right wherever it is finite. The rest is inf or nan, for example "
    "because an exponential written by hand overflows for large inputs, or because 0 is divided by 0.",
    "float32_result": "The values are right to the accuracy of float32: the result, or a value that it is "
    "computed from, is converted to float32 on the way.",
    "float32_part": "The values agree to about six digits and no further: a part is computed in float32, a "
    "small constant is added, or a number is cut off, for example by clamp().",
    "right_but_dtype": "The values are right, but their dtype is {given}; it should be {wanted}. Give "
    "tensors that you make yourself the dtype of the input, for example with `table.to(x.dtype)` or "
    "`dtype=x.dtype`.",
    "not_refused": "What should be refused is accepted: raise {kind} for it.",
    "refused_otherwise": "It is refused, but with {given}: raise {kind}.",
    "count_times_size": "The number is the expected one times {size}.",
    "count_too_large": "The number is too large by {times} × {size} in every failing case.",
    "count_too_small": "The number is too small by {times} × {size} in every failing case.",
    "wrong_for_one": "It is wrong only if {size} is 1.",
    "axis_of_size_one_lost": "It is wrong only if {size} is 1: is an axis of size 1 lost on the way?",
    "runs_for_equal_sizes": "The line runs only if all sizes are equal: two sizes or two axes are mixed up.",
    "runs_for_equal": "The line runs only if {one} equals {other}: the two are mixed up, or a transpose "
    "is missing.",
    "runs_for_one": "The line runs only if {size} is 1.",
    "raises_for_one": "The line raises only if {size} is 1: is an axis of size 1 lost on the way?",
    "wrong_from_step": "`{name}` is right up to step {right_steps}, counted from 1, and wrong after that.",
    # The mark of a submission.
    "points_reached": "{score:points} of {points:points} points",
    "points_wait": "{waiting:count_waits} for a person",
    "with_waiting": "{mark}; {waiting:count_waits} for a person",
    "not_final_broken": "Not final: some checks could not be decided, which is not your fault.",
    "not_final_pending": "Not final: a person decides about what waits.",
    "checks_broken": "{count:check|checks} could not be decided because of a fault in the grader or the "
    "assignment. That is our fault, not yours, and costs no points.",
    "checks_pending": "{count:check waits|checks wait} for a person to look at. The score may still rise.",
    "more_fail": "{count:more check fails|more checks fail} for the same reason",
    "sizes_of_case": "Seen in the smallest case that fails: {sizes}.",
    "all_cases_fail": "All {count} cases fail.",
    "all_decided_complete": "Everything that is decided is right.",
    "mark_and_its_parts": "{mark:points} of {points:points} points: {parts}",
    "late_days_off": "{score:points} for the program, {off:points} off for {days:late day|late days}",
    "mark_and_a_note": "{mark:points} of {points:points} points. {parts}",
    "all_tasks_complete": "Everything is right. Well done!",
    "tasks_complete": "Complete: {done} of {tasks:task|tasks}.",
    "things_left": "{complete} {left:thing is|things are} left to do.",
    "tasks_missing": "{complete} {missing:task was|tasks were} not handed in.",
    "since_the_last_run": "Since the last run: {gain:gain}{changes:after}.",
    "since_the_attempt_before": "Since the attempt before: {gain:gain}{changes:after}.",
    "now_right": "now right: {titles:quoted}{more:more}",
    "no_longer_right": "no longer right: {titles:quoted}{more:more}",
    # Marks that are released task by task.
    "task_not_handed_in": "{title} is not handed in.",
    "marks_not_released": "{title} is handed in; its marks are not released yet.",
    "marks_released_on": "{title} is handed in; its marks are released on {when}.",
    # Platforms.
    "grading_not_finished": "The grading did not finish in time, so there is no mark yet. If your program "
    "has a loop that may not end, look there first; then hand it in again. If it happens again, tell your "
    "instructors.",
    "file_not_there": "`{file}` was not handed in.",
    "some_checks_hidden": "Some checks are hidden. They and the whole mark are shown once the marks are "
    "published.",
    "grading_failed": "The grading failed, which is not your fault. Please tell your instructors: they see "
    "why.",
    # Classes.
    "late": "Handed in {when}, {days:day|days} late: {percent:g} % of the points reached are taken off, "
    "which leaves {mark:points} of {points:points}.",
    "time_unknown": "It is not known when this was handed in; nothing is taken off.",
    "download": "{platform}: {submissions:submission|submissions}{where:in_folder}{people:of_people}"
    "{late:marked_late}{unpacked:unpacked}.",
    "archive_left_out": "When the download was unpacked: {notes:semicolons}.",
    "unpacked_without": "{folder}: {notes:semicolons}.",
    "decisions_for_unknown": "Decisions were made about submissions that the class does not have, and count "
    "for no one: {submissions:commas}. Was a folder renamed, or the file copied from another class?",
    "extension_for_unknown": "{place}: no student with this folder or id handed anything in{near:near}",
    "times_of_a_download": "The policy takes the time of the newest file, but files from a platform often "
    "have the time of the download: check some, or choose another `time` in the policy.",
    "times_unknown": "It is not known when these were handed in, so nothing is taken off: {people:commas}.",
    "other_offsets": "The policy names no `zone`, so its days have 24 hours, and the times of these have "
    "another offset than the deadline, as after a change of the clocks: {people:commas}.",
    "late_elsewhere": "The platform marks these as late, and the policy finds them in time: {people:commas}.",
    "tasks_not_handed_in": "Not handed in: {tasks:commas}.",
    "marked_late": "The platform marks it as late.",
    "shared_submission": "{folder} was taken as the work of {people:commas}.",
    "late_days_change": "late days: {before} → {after}",
    "in_time": "in time",
    "late_by": "{days:day|days} late, −{percent:g} %",
    "no_time": "time not known",
    "policy_of_late_days": "the policy, {key}: {before}, then {after}",
    "not_read": "{text}",
    "graders_fault": "Our fault, grade it again: {text}",
    "nothing_handed_in": "Nothing was handed in.",
    "not_final": "Not final.",
    "same_known_exception": "the same `{kind}`",
    "same_exception": "the same exception",
    "same_wrong_answers": "the same wrong answers",
    "same_failure": "the same failure",
    "other_assignment": "two assignments: {before}; {after}",
    "other_seed": "the seed: {before}, then {after}",
    "other_points": "the points: {before:points}, then {after:points}",
    "other_version": "the version of {name}: {before}, then {after}",
    "other_isolation": "the isolation: {before}, then {after}",
    "absent": "none",
    # `grade check`.
    "answers_change": "the solution answers {check} differently the second time",
    "solution_fails": "the solution fails {check}: {reason}",
    "solution_fails_with_seed": "with another seed the solution fails {check}: {reason}",
    "solution_violates_with_seed": "with seed {seed} the solution violates the property of {check}, case "
    "{case}: {problem}",
    "returns_none": "return nothing",
    "returns_zero": "return zero",
    "returns_argument": "return its first argument",
    "returns_argument_twice": "return its first argument, twice",
    "returns_zeros": "return zeros like its first argument",
    "returns_right_zeros": "return zeros of the right shapes",
    "returns_right_ones": "return ones of the right shapes",
    "raises_value_error": "raise ValueError",
}
"""Template by identifier."""
_LOADS = re.compile(r"`([^`\n]{1,200})`" + re.escape(ENGLISH["title_loads"][len("`{file}`") : -1]))
_HIDDEN = re.compile(re.escape(ENGLISH["title_hidden"].removesuffix("{number}.")) + r"(\d{1,4})")
"""Titles of checks of ours, without their full stop."""
_OF_AUTHORS = frozenset(("title", "titles", "needed"))
"""Parameters that are titles. All others are names, values and texts of people, which have no translation."""


def text(message: Message | None) -> str:
    """Return what a message says in the language that is spoken; nothing for no message."""
    if message is None:
        return ""
    parameters = {
        name: _told(value) if name in _OF_AUTHORS or message.id == "authors_words" else value
        for name, value in message.parameters.items()
    }
    if "verdict" in parameters:
        parameters["verdict"] = _(str(parameters["verdict"]))
    return _FORMATTER.vformat(_(ENGLISH[message.id]), (), parameters)


def _told(value: Parameter) -> Parameter:
    if isinstance(value, tuple):
        return tuple(told(one) if isinstance(one, str) else text(one) for one in value)
    return told(value) if isinstance(value, str) else value


def told(words: str) -> str:
    """Return titles or hints in the language that is spoken: an author's, or the title of a check of ours.

    Two mistakes in one program have both titles and both hints.
    """
    said = authors(words)
    if said != words:
        return said
    for between in (" + ", "\n\n"):
        if between in words:
            return between.join(map(told, words.split(between)))
    return _own_title(words)


def _own_title(words: str) -> str:
    """Return the title of a check of ours in the language that is spoken, with or without its full stop."""
    bare = words.removesuffix(".")
    if found := _LOADS.fullmatch(bare):
        said = text(Message.of("title_loads", file=found[1]))
    elif found := _HIDDEN.fullmatch(bare):
        said = text(Message.of("title_hidden", number=found[1]))
    elif bare == ENGLISH["title_written_out"].removesuffix("."):
        said = text(Message.of("title_written_out"))
    else:
        return words
    return said if bare != words else said.removesuffix(".")


def mark_message(report: Report) -> Message:
    """Return the mark, what it is made of if days are taken off, and how much waits for a person."""
    reached = _reached(report)
    return Message.of("with_waiting", mark=reached, waiting=report.waiting) if report.waiting else reached


def not_final_message(report: Report) -> Message | None:
    """Return why a report is not final, None if it is."""
    if report.final:
        return None
    if report.is_broken:
        return Message.of("not_final_broken")
    again = report.another_look and not report.waiting
    return Message.of("not_final_look_again") if again else Message.of("not_final_pending")


def _reached(report: Report) -> Message:
    late = report.lateness
    parts = parts_of_mark(report)
    if late is None or parts is None:
        return Message.of("points_reached", score=report.score, points=report.points)
    left = mark(report.score, late)
    if late.when:
        return Message.of("mark_and_its_parts", mark=left, points=report.points, parts=parts)
    return Message.of("mark_and_a_note", mark=left, points=report.points, parts=parts)


def parts_of_mark(report: Report) -> Message | None:
    """Return what the mark is made of, None if it is the score."""
    late = report.lateness
    if late is None:
        return None
    if not late.when:
        return Message.of("time_unknown")
    off = round(report.score - mark(report.score, late), 6)
    return Message.of("late_days_off", score=report.score, off=off, days=late.days)


def tasks_message(report: Report, things: int) -> Message | None:
    """Return how many tasks are complete and how many `things` are left to do, None for no task."""
    done = sum(_is_complete(task) for task in report.tasks)
    if not report.tasks:
        return None
    if done == len(report.tasks):
        return Message.of("all_tasks_complete")
    if not things and all(_is_complete(task) or _waits(task) for task in report.tasks):
        return Message.of("all_decided_complete")
    said = Message.of("tasks_complete", done=done, tasks=len(report.tasks))
    if things:
        said = Message.of("things_left", complete=said, left=things)
    missing = sum(not task.handed_in and not task.is_unreadable for task in report.tasks)
    return Message.of("tasks_missing", complete=said, missing=missing) if missing else said


def _is_complete(task: TaskResult) -> bool:
    if task.decided is not None:
        return task.score >= task.points
    return all(check.verdict is Verdict.PASSED for check in task.checks if not is_picture(check))


def _waits(task: TaskResult) -> bool:
    """Whether nothing of a task is wrong, and some of it waits for a person."""
    verdicts = {check.verdict for check in task.checks if not is_picture(check) and task.decided is None}
    return Verdict.PENDING in verdicts and verdicts <= {Verdict.PENDING, Verdict.PASSED}


def lateness_message(score: float, possible: float, lateness: Lateness | None) -> Message | None:
    """Return what the late days cost, None if there are none."""
    if lateness is None:
        return None
    if not lateness.when:
        return Message.of("time_unknown")
    return Message.of(
        "late",
        when=lateness.when,
        days=lateness.days,
        percent=lateness.percent,
        mark=mark(score, lateness),
        points=possible,
    )


class _Formatter(string.Formatter):
    """Formats messages within messages, counts, lists, points and sizes."""

    def format_field(self, value: Any, format_spec: str) -> str:
        """Return a parameter as its template asks for it."""
        if isinstance(value, Message):
            value = text(value)
        elif isinstance(value, tuple):
            return _list([text(one) if isinstance(one, Message) else one for one in value], format_spec)
        match format_spec:
            case "sentence":
                return _capital(value) if value.endswith((".", "!", "?")) else f"{_capital(value)}."
            case "capital":
                return _capital(value)
            case "points":
                return decimal(points(value))
            case "gain":
                return _counted(_("{0} point|{0} points"), abs(value), signed_points(value))
            case "count":
                return _counted(_("{0} point|{0} points"), value, points(value))
            case "count_waits":
                return _counted(_("{0} point waits|{0} points wait"), value, points(value))
            case "bytes":
                return size(value)
        if format_spec in IF_ANY:
            return _(IF_ANY[format_spec]).format(value) if value else ""
        if format_spec == "near":
            return _("; is {0} meant?").format(value) if value else "."
        if "|" in format_spec:
            one, many = format_spec.split("|")
            return f"{value} {one if value == 1 else many}"
        written: str = format(value, format_spec)
        return decimal(written) if isinstance(value, float) else written


IF_ANY = {
    "more": " and {0} more",
    "in_folder": " in {0}",
    "of_people": ", {0} people",
    "marked_late": ", {0} marked as late",
    "unpacked": ", {0} unpacked or sorted",
}
"""What a format spec says of a value, if there is one."""
_FORMATTER = _Formatter()


def _counted(one_or_many: str, count: float, written: str) -> str:
    """Return the form for a count, `{0}` being the number as it is written."""
    return one_or_many.split("|")[count != 1].format(decimal(written))


def _list(items: Sequence[str], how: str) -> str:
    match how:
        case "code":
            return ", ".join(f"`{item}`" for item in items)
        case "and":
            return _(" and ").join(f"`{item}`" for item in items)
        case "quoted":
            return ", ".join(_("“{0}”").format(item) for item in items)
        case "semicolons":
            return "; ".join(items)
        case "after":
            return "".join(f"; {item}" for item in items)
        case "commas":
            return ", ".join(items)
    raise ValueError(f"{how!r} is no way to list")


def _capital(text: str) -> str:
    """Return a sentence with a capital letter, except if it begins with the name of a tensor: h is not H."""
    first, space, rest = text.partition(" ")
    return text if len(first) == 1 else f"{first[:1].upper()}{first[1:]}{space}{rest}"
