"""What a case gives to a check follows from (check, number, seed), and what is done to it is noticed."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn
from torch.utils.checkpoint import checkpoint

from grader.authoring.case import Case

NAMES = ("batch", "inputs", "hidden", "steps", "outputs", "layers")


def case(number: int = 0, check: str = "step", seed: int = 7, dtype: torch.dtype = torch.float64) -> Case:
    return Case(check, number, seed, dtype)


def sizes(number: int, count: int = 4) -> list[int]:
    one = case(number)
    return [one.size(name) for name in NAMES[:count]]


# Sizes


@pytest.mark.parametrize("number", [0, 1, 8, 9])
@pytest.mark.parametrize("count", [2, 3, 4, 6])
def test_the_sizes_of_the_first_and_of_the_large_cases_are_all_unequal(number: int, count: int) -> None:
    assert len(set(sizes(number, count))) == count


@pytest.mark.parametrize("number", [0, 1])
def test_no_size_of_the_first_cases_is_one(number: int) -> None:
    assert min(sizes(number, 6)) == 2


def test_two_cases_tell_every_two_sizes_and_their_small_multiples_apart() -> None:
    first, second = sizes(0), sizes(1)
    alike = [
        (i, j, factor)
        for i in range(4)
        for j in range(4)
        for factor in (1, 2, 3, 4)
        if (i != j or factor > 1) and first[i] == factor * first[j] and second[i] == factor * second[j]
    ]

    assert alike == []


def test_in_case_2_all_sizes_are_one() -> None:
    assert sizes(2) == [1, 1, 1, 1]


@pytest.mark.parametrize("place", range(4))
def test_in_each_of_the_next_cases_one_size_alone_is_one(place: int) -> None:
    assert [at for at, size in enumerate(sizes(3 + place)) if size == 1] == [place]


def test_in_case_7_all_sizes_are_equal() -> None:
    assert sizes(7) == [3, 3, 3, 3]


def test_sizes_grow_from_the_first_case_to_the_last() -> None:
    assert min(sizes(9)) > max(sizes(8)[:2]) > max(sizes(0)[:3])


@pytest.mark.parametrize("number", [10, 11, 50])
def test_sizes_of_further_cases_are_between_1_and_11(number: int) -> None:
    assert [size for size in sizes(number, 6) if not 1 <= size <= 11] == []


def test_a_size_stays_the_same_within_a_case() -> None:
    one = case()

    assert (one.size("hidden"), one.size("batch"), one.size("hidden")) == (2, 3, 2)


def test_a_size_is_never_below_its_least() -> None:
    one = case(2)

    assert (one.size("inputs", least=2), one.size("batch")) == (2, 1)


@pytest.mark.parametrize("number", range(20))
@pytest.mark.parametrize("before", range(5))
def test_a_size_that_is_a_multiple_of_another_equals_no_size_of_its_case(number: int, before: int) -> None:
    one = case(number)
    others = [one.size(name) for name in NAMES[: before + 1]]
    embed = one.size("embed", multiple_of=others[-1])
    others += [one.size(name) for name in ("more", "and", "again")]

    assert (embed % others[before], embed in others) == (0, False)


@pytest.mark.parametrize("number", [0, 1])
def test_all_sizes_of_the_first_cases_are_unequal_next_to_a_multiple_too(number: int) -> None:
    one = case(number)
    found = [one.size("heads"), one.size("embed", multiple_of=one.size("heads"))]
    found += [one.size(name) for name in ("batch", "steps", "values", "layers")]

    assert len(set(found)) == 6


def test_a_multiple_is_never_below_its_least() -> None:
    assert case(2).size("embed", least=5, multiple_of=3) == 6


def test_a_size_that_is_no_multiple_of_what_is_asked_for_later_is_refused() -> None:
    one = case()
    one.size("embed", multiple_of=5)

    with pytest.raises(ValueError, match="the size 'embed' is 10, which is no multiple of 3"):
        one.size("embed", multiple_of=3)


def test_a_multiple_of_nothing_is_refused() -> None:
    with pytest.raises(ValueError, match="multiple_of=0 for the size 'embed'"):
        case().size("embed", multiple_of=0)


# The same again


def everything(one: Case) -> list[Any]:
    """Draw one of each kind; return the numbers."""
    drawn: list[Any] = [
        one.normal(2, 3),
        one.uniform(-1, 1, 4),
        one.extreme(5),
        one.fill(nn.Linear(2, 3)).weight,
        one.normal(2),
    ]
    return [tensor.tolist() for tensor in drawn] + [one.integer(0, 10**6)]


@pytest.mark.parametrize("number", [0, 5, 20])
def test_the_same_case_gives_the_same_again(number: int) -> None:
    torch.manual_seed(1)
    first = everything(case(number))
    torch.manual_seed(2)

    assert everything(case(number)) == first


@pytest.mark.parametrize("other", [{"check": "another"}, {"number": 1}, {"seed": 8}])
def test_another_check_number_or_seed_gives_something_else(other: dict[str, Any]) -> None:
    same = [one == two for one, two in zip(everything(case()), everything(case(**other)), strict=True)]

    assert same == [False] * 6


def test_the_order_of_the_parts_of_the_key_counts() -> None:
    assert everything(case(number=1, seed=11)) != everything(case(number=11, seed=1))


def test_drawing_leaves_the_global_random_state_alone() -> None:
    module = Pair("a")
    before = torch.get_rng_state()
    one = case()
    one.normal(2), one.extreme(2), one.uniform(0, 1, 2), one.integer(0, 9), one.fill(module)

    assert torch.equal(torch.get_rng_state(), before)


def test_float32_draws_are_the_rounded_float64_draws() -> None:
    exact, rounded = case().normal(5), case(dtype=torch.float32).normal(5)

    assert (rounded.dtype, rounded.tolist()) == (torch.float32, exact.to(torch.float32).tolist())


def test_two_tensors_of_a_case_differ() -> None:
    one = case()

    assert one.normal(3).tolist() != one.normal(3).tolist()


def test_uniform_entries_are_within_their_bounds() -> None:
    found = case().uniform(0.25, 0.5, 1000)

    assert (bool((found >= 0.25).all()), bool((found <= 0.5).all())) == (True, True)


def test_whole_numbers_take_both_ends() -> None:
    one = case()

    assert {one.integer(2, 4) for _ in range(100)} == {2, 3, 4}


def test_tensors_of_whole_numbers_take_both_ends_in_every_dtype() -> None:
    found = case(dtype=torch.float32).integers(2, 4, 10, 10)

    assert (found.dtype, found.shape, set(found.flatten().tolist())) == (torch.int64, (10, 10), {2, 3, 4})


def test_classes_are_counted_from_zero() -> None:
    assert set(case().classes(3, 100).tolist()) == {0, 1, 2}


@pytest.mark.parametrize("seed", range(30))
@pytest.mark.parametrize("shape", [(4,), (3, 2), (2, 3, 4)])
@pytest.mark.parametrize("share", [0.0, 0.5, 1.0])
def test_a_mask_has_a_true_in_each_row_and_a_false_somewhere(
    shape: tuple[int, ...], seed: int, share: float
) -> None:
    found = case(seed=seed).mask(*shape, share=share)

    assert (found.dtype, found.shape, bool(found.any(-1).all()), bool(found.all())) == (
        torch.bool,
        shape,
        True,
        False,
    )


@pytest.mark.parametrize(("share", "counted"), [(0.0, 100), (0.25, 2500), (1.0, 9999)])
def test_the_share_of_a_mask_is_about_what_was_asked_for(share: float, counted: int) -> None:
    assert abs(int(case().mask(100, 100, share=share).sum()) - counted) < 200


def test_a_mask_of_single_entries_is_true() -> None:
    assert case().mask(3, 1).tolist() == [[True]] * 3


@pytest.mark.parametrize("shape", [(), (2, 0)])
def test_a_mask_whose_rows_have_no_entry_is_refused(shape: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match="has rows without an entry"):
        case().mask(*shape)


def test_a_text_has_its_length_and_its_letters() -> None:
    found = case().text(200, letters="ab ")

    assert (len(found), set(found)) == (200, set("ab "))


def test_a_text_follows_from_the_seed() -> None:
    assert case().text(20) == case().text(20) != case(seed=8).text(20)


def test_batches_hold_every_row_once_and_in_order() -> None:
    x, y = case().normal(5, 2), case().classes(3, 5)
    found = case().batches(2, x, y)

    assert [len(one) for one, _ in found] == [2, 2, 1]
    assert torch.equal(torch.cat([one for one, _ in found]), x)
    assert torch.equal(torch.cat([labels for _, labels in found]), y)


def test_a_batch_that_is_changed_in_place_is_noticed() -> None:
    one = case()
    ((batch,), *_) = one.batches(2, one.normal(5, 2, name="x"))
    batch.zero_()

    assert one.changed() == ["x"]


def test_batches_of_tensors_with_unequal_rows_are_refused() -> None:
    with pytest.raises(ValueError, match="equally many rows; these have 3, 4"):
        case().batches(2, torch.zeros(3), torch.zeros(4))


def test_what_is_drawn_is_recorded_as_what_it_is() -> None:
    one = case()
    drawn = [one.integers(0, 9, 2, name="ids"), one.mask(3, name="mask"), one.text(4, name="word")]

    assert [(name, value if isinstance(value, str) else value.tolist()) for _, name, value in one.drawn] == [
        ("ids", drawn[0].tolist()),  # type: ignore[union-attr]
        ("mask", drawn[1].tolist()),  # type: ignore[union-attr]
        ("word", drawn[2]),
    ]


@pytest.mark.parametrize(
    ("make", "change"),
    [
        (lambda: torch.zeros(2), lambda made: made.add_(1)),
        (lambda: np.zeros(2), lambda made: made.fill(1)),
        (lambda: [torch.zeros(2), (torch.zeros(2),)], lambda made: made[1][0].add_(1)),
        (lambda: {"a": [1]}, lambda made: made["a"].append(2)),
    ],
)
def test_what_is_shown_stays_as_it_was(make: Callable[[], Any], change: Callable[[Any], object]) -> None:
    one, made = case(), make()
    given = one.show("made", made)
    change(given)

    ((how, name, value),) = one.drawn
    assert (given is made, how, name, repr(value)) == (True, "shown", "made", repr(make()))


def test_scale_multiplies_the_entries() -> None:
    assert case(1).normal(4, scale=3.0).tolist() == (case(1).normal(4) * 3).tolist()


@pytest.mark.parametrize("scale", [0.3, 1.0, 20.0])
def test_numbers_of_the_first_case_have_one_decimal_and_none_is_zero(scale: float) -> None:
    found = [
        case().normal(400, scale=scale),
        case().uniform(-1, 1, 400),
        *case().fill(nn.Linear(9, 9), scale=scale).parameters(),
    ]
    drawn = torch.cat([tensor.detach().flatten() for tensor in found])

    torch.testing.assert_close(drawn, drawn.round(decimals=1), rtol=0, atol=1e-12)
    assert drawn.count_nonzero() == len(drawn)


def test_tiny_numbers_of_the_first_case_are_not_rounded_away() -> None:
    assert case().normal(9, scale=1e-15).count_nonzero() == 9


def test_extreme_values_mix_all_four_extremes_with_ordinary_ones() -> None:
    found = set(case().extreme(400).tolist())
    extremes = {50.0, -50.0, 1e4, -1e4}

    assert (extremes <= found, {abs(x) < 10 for x in found - extremes}) == (True, {True})


def test_options_come_in_turn() -> None:
    assert [case(number).pick("abc") for number in range(5)] == ["a", "b", "c", "a", "b"]


def test_the_order_of_shuffled_options_follows_from_the_seed() -> None:
    orders = [tuple(case(seed=seed).shuffled("abc")) for seed in range(100)]

    assert (len(set(orders)), orders[7]) == (6, tuple(case(seed=7).shuffled("abc")))


def test_the_order_of_shuffled_options_is_recorded() -> None:
    one = case()
    shuffled = one.shuffled("abcde")
    ((how, _, order),) = one.drawn

    assert (how, ["abcde"[place] for place in order]) == ("order", shuffled)


# Filling


class Pair(nn.Module):
    def __init__(self, *order: str) -> None:
        super().__init__()
        for name in order:
            setattr(self, name, nn.Parameter(torch.zeros(3)))


def test_parameters_are_filled_by_their_names_whatever_the_order_of_registration() -> None:
    one, other = case().fill(Pair("a", "b")), case().fill(Pair("b", "a"))

    assert dict(one.named_parameters())["a"].tolist() == dict(other.named_parameters())["a"].tolist()


def test_parameters_of_the_same_shape_get_different_values() -> None:
    found = case().fill(Pair("a", "b"))

    assert found.a.tolist() != found.b.tolist()


def test_what_was_drawn_before_does_not_change_the_parameters() -> None:
    one = case()
    one.normal(17)

    assert one.fill(Pair("a")).a.tolist() == case().fill(Pair("a")).a.tolist()


def test_what_is_drawn_later_does_not_depend_on_the_module() -> None:
    one, other = case(), case()
    one.fill(Pair("a"))
    other.fill(Pair("a", "b", "c"))

    assert one.normal(3).tolist() == other.normal(3).tolist()


def test_a_module_is_moved_to_the_dtype_of_the_case_and_still_trains() -> None:
    found = case(dtype=torch.float64).fill(Pair("a"))

    assert (found.a.dtype, found.a.requires_grad, found.a.is_leaf) == (torch.float64, True, True)


# Gradients


def test_gradients_are_those_of_autograd() -> None:
    one = case()
    x = one.normal(3, name="x")
    found = one.gradients(lambda: x**2, x=x)["x"]
    cotangent = next(value for how, _, value in one.drawn if how == "cotangent")

    assert found is not None and torch.allclose(found, 2 * x * cotangent)


def test_gradients_of_parameters_come_under_their_names() -> None:
    one = case()
    module = one.fill(nn.Linear(2, 3))
    x = one.normal(4, 2)
    found = one.gradients(lambda: module(x), module)

    assert {name: value.shape for name, value in found.items() if value is not None} == {
        "weight": (3, 2),
        "bias": (3,),
    }


def test_several_outputs_are_weighted_one_by_one() -> None:
    one = case()
    x = one.normal(3, name="x")
    found = one.gradients(lambda: {"a": x, "b": (2 * x, [3 * x])}, x=x)["x"]
    weights = [value for how, _, value in one.drawn if how == "cotangent"]

    assert found is not None and torch.allclose(found, weights[0] + 2 * weights[1] + 3 * weights[2])


def test_what_is_computed_again_on_the_way_back_has_gradients() -> None:
    one = case()
    x = one.normal(3)
    found = one.gradients(lambda: checkpoint(torch.exp, x, use_reentrant=True), x=x)["x"]
    cotangent = next(value for how, _, value in one.drawn if how == "cotangent")

    assert found is not None and torch.allclose(found, x.exp() * cotangent)


def test_gradients_from_before_do_not_count_and_none_stay() -> None:
    one = case()
    x = one.normal(3)
    x.grad = torch.ones(3, dtype=x.dtype)
    first, second = (one.gradients(lambda: 2 * x, x=x)["x"] for _ in range(2))
    weights = [value for how, _, value in one.drawn if how == "cotangent"]

    assert first is not None and second is not None
    assert (x.grad, [first.tolist(), second.tolist()]) == (None, [(2 * one).tolist() for one in weights])


def test_none_stands_for_what_the_result_does_not_depend_on() -> None:
    one = case()
    x, y = one.normal(3), one.normal(3)
    found = one.gradients(lambda: 2 * x, x=x, y=y)

    assert (found["x"] is None, found["y"]) == (False, None)


@pytest.mark.parametrize(
    "call",
    [lambda x: x.detach(), lambda x: None, lambda x: 5.0, lambda x: (), lambda x: x > 0, lambda x: [x.data]],
)
def test_without_a_graph_every_gradient_is_none(call: Callable[[Tensor], Any]) -> None:
    one = case()
    x = one.normal(3)

    assert one.gradients(lambda: call(x), x=x) == {"x": None}


def test_a_leaf_may_be_called_like_an_argument_of_gradients() -> None:
    one = case()
    x = one.normal(2)

    assert set(one.gradients(lambda: x * 2, call=x, module=x)) == {"call", "module"}


def test_asking_for_gradients_changes_no_argument() -> None:
    one = case()
    x = one.normal(3, name="x")
    one.gradients(lambda: x * 2, x=x)

    assert (one.changed(), x.requires_grad) == ([], False)


# Changes


@pytest.mark.parametrize(
    "change",
    [
        lambda x: x.add_(1),
        lambda x: x.zero_(),
        lambda x: x.mul_(float("nan")),
        lambda x: x[0].fill_(5),
        lambda x: x.view(-1)[:1].neg_(),
        lambda x: x.numpy().fill(3),
        lambda x: x.resize_(1),
        lambda x: x.t_(),
        lambda x: x.unsqueeze_(0),
        lambda x: setattr(x, "data", x.data.float()),
        lambda x: setattr(x, "data", torch.zeros(2, 3, dtype=torch.float64)),
        lambda x: x.set_(torch.zeros(2, dtype=torch.float64)),
    ],
)
def test_a_change_in_place_is_noticed(change: Callable[[Tensor], object]) -> None:
    one = case()
    one.normal(2, 3, name="kept")
    change(one.normal(2, 3, name="x"))

    assert one.changed() == ["x"]


@pytest.mark.parametrize(
    "use", [lambda x: x + 1, lambda x: x.t(), lambda x: x.requires_grad_(), lambda x: x.clone().zero_()]
)
def test_using_an_argument_is_no_change(use: Callable[[Tensor], object]) -> None:
    one = case()
    use(one.normal(2, 3, name="x"))

    assert one.changed() == []


def test_a_changed_tensor_without_a_name_is_an_argument() -> None:
    one = case()
    one.uniform(0, 1, 2).zero_()

    assert one.changed() == ["an argument"]


def test_what_was_drawn_is_kept_as_it_was_given() -> None:
    one = case()
    x = one.normal(2, name="x")
    given = x.tolist()
    x.zero_()

    assert [(how, name, value.tolist()) for how, name, value in one.drawn] == [("tensor", "x", given)]


# Exceptions


class Special(ValueError):
    pass


class EqualsNothing(str):
    def __eq__(self, other: object) -> bool:
        return False

    def __ne__(self, other: object) -> bool:
        return True

    __hash__ = str.__hash__


class Lying(type):
    __name__ = property(lambda cls: EqualsNothing("ValueError"))  # type: ignore[assignment]

    def __instancecheck__(cls, instance: object) -> bool:
        return True

    def __subclasscheck__(cls, subclass: type) -> bool:
        return True


class Liar(Exception, metaclass=Lying):
    pass


def failing(error: BaseException) -> Callable[[], Any]:
    def call() -> None:
        raise error

    return call


@pytest.mark.parametrize(
    ("call", "expected"),
    [
        (failing(ValueError("no")), "ValueError"),
        (failing(Special()), "ValueError"),
        (failing(TypeError("no")), "TypeError"),
        (failing(type("ValueError", (Exception,), {})()), "another ValueError"),
        (failing(Liar()), "Liar"),
        (failing(type("ValueError", (Exception,), {"__class__": ValueError})()), "another ValueError"),
        (lambda: None, "no exception"),
        (lambda: "ValueError", "no exception"),
    ],
)
def test_what_happened_in_place_of_an_exception_is_said(call: Callable[[], Any], expected: str) -> None:
    assert case().raises(ValueError, call) == expected


@pytest.mark.parametrize("error", [KeyboardInterrupt(), SystemExit(0)])
def test_what_ends_a_program_goes_through(error: BaseException) -> None:
    with pytest.raises(type(error)):
        case().raises(ValueError, failing(error))
