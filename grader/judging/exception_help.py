"""What the most frequent exceptions of torch, NumPy and Python mean, in a student's words.

Each rule is a pattern of the exception's message. It says only what the message itself shows: a sentence
about a cause that the message does not name could be false.
"""
# ruff: noqa: E501  the table is read by the line

import re
from collections.abc import Callable

from grader.results.message import Message
from grader.wire import Raised

Rule = tuple[str, Callable[[re.Match[str]], Message]]
_MOST = 60
"""Characters of a name that is quoted from a message."""
_SHAPE = r"\(([\d, ]{1,60})\)"

RULES: tuple[Rule, ...] = (
    # Truth of a tensor, and Python numbers.
    (r"Boolean value of Tensor with more than one value is ambiguous", lambda m: Message.of("help_truth")),
    (r"The truth value of an array with more than one element", lambda m: Message.of("help_truth")),
    (r"Boolean value of Tensor with no values is ambiguous", lambda m: Message.of("help_truth")),
    (
        r"a Tensor with (\d+) elements cannot be converted to Scalar",
        lambda m: Message.of("help_one_number", count=int(m[1])),
    ),
    (
        r"only (?:one element tensors|length-1 arrays|0-dimensional arrays) can be converted",
        lambda m: Message.of("help_to_number"),
    ),
    (r"can't convert np\.ndarray of type numpy\.object_", lambda m: Message.of("help_array_of_objects")),
    # Shapes.
    (
        r"mat1 and mat2 shapes cannot be multiplied \((\d+x\d+) and (\d+x\d+)\)",
        lambda m: Message.of("help_matmul", one=m[1], other=m[2]),
    ),
    (
        r"size mismatch, got input \((\d+)\), mat \((\d+x\d+)\), vec \((\d+)\)",
        lambda m: Message.of("help_matrix_vector", matrix=m[2], vector=int(m[3])),
    ),
    (
        r"inconsistent tensor size, expected tensor \[(\d+)\] and src \[(\d+)\]",
        lambda m: Message.of("help_dot", one=int(m[1]), other=int(m[2])),
    ),
    (
        r"matmul: Input operand 1 has a mismatch in its core dimension 0, .*\(size (\d+) is different from (\d+)\)",
        lambda m: Message.of("help_matmul_sizes", one=int(m[2]), other=int(m[1])),
    ),
    (
        rf"shapes {_SHAPE} and {_SHAPE} not aligned",
        lambda m: Message.of("help_matmul", one=m[1], other=m[2]),
    ),
    (
        r"The size of tensor a \((\d+)\) must match the size of tensor b \((\d+)\) at non-singleton dimension (\d+)",
        lambda m: Message.of("help_broadcast", one=int(m[1]), other=int(m[2]), axis=int(m[3])),
    ),
    (
        rf"operands could not be broadcast together with shapes {_SHAPE} {_SHAPE}",
        lambda m: Message.of("help_broadcast_shapes", one=m[1], other=m[2]),
    ),
    (
        r"shape '\[([-\d, ]+)\]' is invalid for input of size (\d+)",
        lambda m: Message.of("help_reshape", shape=m[1], count=int(m[2])),
    ),
    (
        rf"cannot reshape array of size (\d+) into shape {_SHAPE}",
        lambda m: Message.of("help_reshape", shape=m[2], count=int(m[1])),
    ),
    (r"view size is not compatible with input tensor's size and stride", lambda m: Message.of("help_view")),
    (
        r"(?:Sizes of tensors must match except in dimension|all the input array dimensions except for the concatenation axis)",
        lambda m: Message.of("help_cat"),
    ),
    (r"stack expects each tensor to be equal size", lambda m: Message.of("help_stack")),
    (
        r"(?:torch\.cat\(\)|stack): expected a non-empty list|expected a non-empty list of Tensors|expects a non-empty TensorList",
        lambda m: Message.of("help_empty_list"),
    ),
    (r"zero-dimensional tensor .*cannot be concatenated", lambda m: Message.of("help_cat_numbers")),
    (
        r"The expanded size of the tensor \((\d+)\) must match the existing size \((\d+)\)",
        lambda m: Message.of("help_expand", wanted=int(m[1]), present=int(m[2])),
    ),
    (
        r"Dimension out of range \(expected to be in range of \[(-?\d+), (-?\d+)\], but got (-?\d+)\)",
        lambda m: Message.of("help_dim", low=int(m[1]), high=int(m[2]), given=int(m[3])),
    ),
    (
        r"axis (-?\d+) is out of bounds for array of dimension (\d+)",
        lambda m: Message.of("help_axis", given=int(m[1]), count=int(m[2])),
    ),
    (
        r"(?:too many indices for tensor of dimension (\d+)|too many indices for array: array is (\d+)-dimensional)",
        lambda m: Message.of("help_indices", count=int(m[1] or m[2])),
    ),
    (
        r"index (-?\d+) is out of bounds for (?:dimension|axis) (\d+) with size (\d+)",
        lambda m: Message.of("help_index", index=int(m[1]), axis=int(m[2]), size=int(m[3])),
    ),
    (
        r"(?:list|tuple|string) index out of range|pop from empty list",
        lambda m: Message.of("help_list_index"),
    ),
    (
        r"not enough values to unpack \(expected (\d+), got (\d+)\)",
        lambda m: Message.of("help_unpack", wanted=int(m[1]), present=int(m[2])),
    ),
    (
        r"too many values to unpack \(expected (\d+)",
        lambda m: Message.of("help_unpack_many", wanted=int(m[1])),
    ),
    (
        r"t\(\) expects a tensor with <= 2 dimensions, but self is (\d+)D",
        lambda m: Message.of("help_t", count=int(m[1])),
    ),
    (
        r"chunk expects `chunks` to be greater than 0|split_with_sizes expects split_sizes to sum exactly to (\d+)",
        lambda m: Message.of("help_split"),
    ),
    (
        r"expand\(.*the number of sizes provided \((\d+)\) must be greater or equal to the number of dimensions in the tensor \((\d+)\)",
        lambda m: Message.of("help_expand_axes", wanted=int(m[1]), present=int(m[2])),
    ),
    (
        r"input\.dim\(\) = (\d+) is not equal to len\(dims\) = (\d+)",
        lambda m: Message.of("help_permute", present=int(m[1]), named=int(m[2])),
    ),
    (
        r"(?:self|mat2|input) must be a matrix|batch[12] must be a 3D tensor",
        lambda m: Message.of("help_mm"),
    ),
    (
        r"einsum\(\): subscript (\w) has size (\d+) for operand \d+ which does not broadcast with previously seen size (\d+)",
        lambda m: Message.of("help_einsum", letter=m[1], one=int(m[3]), other=int(m[2])),
    ),
    (r"clamp: At least one of 'min' or 'max' must not be None", lambda m: Message.of("help_clamp")),
    (
        r"expected Tensor as element (\d+) in argument \d+, but got (\w+)",
        lambda m: Message.of("help_list_of_tensors", place=int(m[1]), kind=m[2]),
    ),
    # Dtypes and devices.
    (
        r"expected m1 and m2 to have the same dtype, but got: (?:c10::)?(\w+) != (?:c10::)?(\w+)",
        lambda m: Message.of("help_dtypes", one=m[1], other=m[2]),
    ),
    (
        r"expected scalar type (\w+) but found (\w+)",
        lambda m: Message.of("help_dtypes", one=m[1], other=m[2]),
    ),
    (
        r"mat1 and mat2 must have the same dtype, but got (\w+) and (\w+)",
        lambda m: Message.of("help_dtypes", one=m[1], other=m[2]),
    ),
    (
        r"result type (\w+) can't be cast to the desired output type (\w+)",
        lambda m: Message.of("help_cast", one=m[1], other=m[2]),
    ),
    (r"tensors used as indices must be long, int, byte or bool", lambda m: Message.of("help_index_dtype")),
    (
        r"only integers, slices \(`:`\).* are valid indices|slice indices must be integers|indices must be integers or slices",
        lambda m: Message.of("help_index_dtype"),
    ),
    (
        r"mean\(\): could not infer output dtype|Input dtype must be either a floating point or complex dtype",
        lambda m: Message.of("help_mean"),
    ),
    (
        r"'(float|numpy\.float64)' object cannot be interpreted as an integer|must be tuple of ints, ?but got float",
        lambda m: Message.of("help_integer"),
    ),
    (
        r"Only Tensors of floating point and complex dtype can require gradients",
        lambda m: Message.of("help_floats"),
    ),
    # Gradients.
    (
        r"a leaf Variable that requires grad is being used in an in-place operation",
        lambda m: Message.of("help_leaf"),
    ),
    (
        r"a view of a leaf Variable that requires grad is being used in an in-place operation",
        lambda m: Message.of("help_leaf"),
    ),
    (
        r"one of the variables needed for gradient computation has been modified by an inplace operation",
        lambda m: Message.of("help_in_place"),
    ),
    (r"Trying to backward through the graph a second time", lambda m: Message.of("help_second_backward")),
    (
        r"element 0 of tensors does not require grad and does not have a grad_fn",
        lambda m: Message.of("help_no_graph"),
    ),
    (r"grad can be implicitly created only for scalar outputs", lambda m: Message.of("help_scalar_loss")),
    (r"Can't call numpy\(\) on Tensor that requires grad", lambda m: Message.of("help_numpy_of_graph")),
    (
        r"differentiated Tensors?(?: at index \d+)? appears to not have been used in the graph",
        lambda m: Message.of("help_unused"),
    ),
    # Modules.
    (
        r"cannot assign module before Module\.__init__\(\) call|cannot assign parameters before Module\.__init__\(\) call",
        lambda m: Message.of("help_super_init"),
    ),
    (
        r"cannot assign '[\w.]+' as parameter '(\w+)' \(torch\.nn\.Parameter or None expected\)",
        lambda m: Message.of("help_parameter", name=m[1][:_MOST]),
    ),
    (r'Module \[\w+\] is missing the required "forward" function', lambda m: Message.of("help_forward")),
    (r"descriptor '__init__' of 'super' object needs an argument", lambda m: Message.of("help_super_call")),
    (r"attribute '(\w+)' already exists", lambda m: Message.of("help_name_taken", name=m[1][:_MOST])),
    (
        r"(?:^|[\s.])(\w+)\.__init__\(\) takes 1 positional argument but 2 were given",
        lambda m: Message.of("help_layer_made", name=m[1][:_MOST]),
    ),
    # Names, calls and None.
    (
        r"'NoneType' object is not subscriptable|'NoneType' object is not iterable|cannot unpack non-iterable NoneType",
        lambda m: Message.of("help_none"),
    ),
    (r"unsupported operand type\(s\) for .*'NoneType'", lambda m: Message.of("help_none_operand")),
    (
        r"unsupported operand type\(s\) for (\S+): '([\w.]+)' and '([\w.]+)'",
        lambda m: _operands(m[1], m[2][:_MOST], m[3][:_MOST]),
    ),
    (
        r"'NoneType' object has no attribute '(\w+)'",
        lambda m: Message.of("help_none_attribute", name=m[1][:_MOST]),
    ),
    (
        r"module '([\w.]+)' has no attribute '(\w+)'",
        lambda m: Message.of("help_module_attribute", module=m[1][:_MOST], name=m[2][:_MOST]),
    ),
    (
        r"cannot import name '(\w+)' from '([\w.]+)'",
        lambda m: Message.of("help_module_attribute", module=m[2][:_MOST], name=m[1][:_MOST]),
    ),
    (
        r"'(tuple|list|dict|set|int|float|bool|str|Tensor|function|builtin_function_or_method)' object has no attribute '(\w+)'",
        lambda m: Message.of("help_attribute_of_kind", kind=m[1], name=m[2][:_MOST]),
    ),
    (
        r"'(\w+)' object has no attribute '(\w+)'",
        lambda m: Message.of("help_attribute", kind=m[1][:_MOST], name=m[2][:_MOST]),
    ),
    (
        r"(\S+)\(\) missing \d+ required positional arguments?: (.{1,60})",
        lambda m: Message.of("help_missing_argument", name=m[1][:_MOST], missing=m[2]),
    ),
    (
        r"(\S+)\(\) takes (?:from )?[\d to]+ positional arguments? but (\d+) (?:was|were) given",
        lambda m: Message.of("help_too_many_arguments", name=m[1][:_MOST]),
    ),
    (
        r"(\S+)\(\) got an unexpected keyword argument '(\w+)'",
        lambda m: Message.of("help_keyword", name=m[1][:_MOST], argument=m[2][:_MOST]),
    ),
    (
        r"'(Tensor|Parameter|int|float|tuple|list|str)' object is not callable",
        lambda m: Message.of("help_not_callable", kind=m[1]),
    ),
    (
        r"'(int|float|Tensor|function|method|builtin_function_or_method)' object is not (?:subscriptable|iterable)",
        lambda m: Message.of("help_not_a_sequence", kind=m[1]),
    ),
    (
        r"cannot access local variable '(\w+)' where it is not associated with a value|local variable '(\w+)' referenced before assignment",
        lambda m: Message.of("help_unbound", name=(m[1] or m[2])[:_MOST]),
    ),
    (
        r"(\w+)\(\) received an invalid combination of arguments - got \(([^()]{0,80})\)",
        lambda m: Message.of("help_combination", name=m[1][:_MOST], kinds=m[2]),
    ),
    (r"object of type '(\w+)' has no len\(\)", lambda m: Message.of("help_length", kind=m[1][:_MOST])),
    (r"name '(\w+)' is not defined", lambda m: Message.of("help_name", name=m[1][:_MOST])),
    (r"maximum recursion depth exceeded", lambda m: Message.of("help_recursion")),
    (
        r"'(tuple|str)' object does not support item assignment",
        lambda m: Message.of("help_assignment", kind=m[1]),
    ),
    (r"division by zero", lambda m: Message.of("help_zero")),
    (r"invalid literal for int\(\) with base 10", lambda m: Message.of("help_int_of_text")),
    (
        r"can only concatenate (list|str|tuple) \(not \"([\w.]+)\"\)",
        lambda m: Message.of("help_concatenate", one=m[1], other=m[2][:_MOST]),
    ),
    (
        r"not all arguments converted during string formatting|not enough arguments for format string",
        lambda m: Message.of("help_format"),
    ),
    (
        r"argument '(\w+)' \(position (\d+)\) must be (\w+(?: of \w+)?), not (\w+)",
        lambda m: Message.of("help_argument", name=m[1][:_MOST], wanted=m[3], given=m[4]),
    ),
)


_UNCALLED = ("function", "method", "builtin_function_or_method")


def _operands(sign: str, one: str, other: str) -> Message:
    """Return what is wrong with two operands of kinds that have no such operation."""
    if "type" in (one, other):
        return Message.of("help_operand_class")
    if one in _UNCALLED or other in _UNCALLED:
        return Message.of("help_operand_function")
    for kind in ("list", "tuple"):
        if {one, other} == {kind, "Tensor"}:
            return Message.of("help_operand_list", kind=kind)
    return Message.of("help_operands", sign=sign, one=one, other=other)


def advice(error: Raised) -> Message | None:
    """Return what the exception means, None if no rule knows its message."""
    text = error.message[:2000]
    if error.kinds[0] == "KeyError" and re.fullmatch(r"'[^']{1,60}'|-?\d{1,20}", text):
        return Message.of("help_key", key=text)
    for pattern, message in RULES:
        found = re.search(pattern, text)
        if found is not None:
            return message(found)
    return None
