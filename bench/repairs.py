"""Forty single slips, five for each task, made by hand in right programs: what the grader says of them.

    python bench/repairs.py [--task NAME]

A slip counts as explained if a known mistake or a repair is told. A repair is false if the line that is
told is not one that the slip changed.
"""

import argparse
import statistics
import tempfile
import time
from dataclasses import dataclass, replace
from pathlib import Path

from grader.asking.answer_cache import AnswerCache
from grader.assignment.loader import bundled, read_assignment
from grader.judging.grading import Grader
from grader.results.report import TaskResult
from grader.sandbox.probe import open_sandbox
from grader.submission.loader import Submission

RIGHT = Path(__file__).parent.parent / "tests" / "corpus" / "right"


@dataclass(frozen=True)
class Slip:
    """A right program in which `old` was written as `new` by mistake."""

    task: str
    program: str
    old: str
    new: str
    file: str = ""
    """The file in a program that is a folder."""


SLIPS = (
    Slip("param_counter", "one_formula", "(input_size + hidden_size + 1)", "(input_size + hidden_size)"),
    Slip(
        "param_counter", "one_formula", "output_size * (hidden_size + 1)", "output_size * (hidden_size - 1)"
    ),
    Slip("param_counter", "one_formula", "time_steps) < 1", "time_steps) <= 1"),
    Slip("param_counter", "the_sum_of_a_list", "(output_size, hidden_size),", "(output_size, input_size),"),
    Slip("param_counter", "the_sum_of_a_list", "total += n", "total = n"),
    Slip("vanilla_rnn", "f_linear", "return y, h", "return y, hs[0]"),
    Slip("vanilla_rnn", "f_linear", "h = F.tanh(", "h = F.relu("),
    Slip("vanilla_rnn", "f_linear", "hs.append(h)", "hs.append(h.detach())"),
    Slip("vanilla_rnn", "f_linear", "F.linear(x[t], self.weight_ih)", "F.linear(x[0], self.weight_ih)"),
    Slip("vanilla_rnn", "columns_instead_of_rows", "@ h + self.bias_o.view(-1, 1)", "@ h"),
    Slip("gradient_flow", "retention_by_a_loop_back_in_time", "1 - h * h", "1 - h"),
    Slip("gradient_flow", "retention_by_a_loop_back_in_time", "kept = kept * forget", "kept = kept + forget"),
    Slip("gradient_flow", "retention_by_a_loop_back_in_time", "total = total @ J", "total = J @ total"),
    Slip("gradient_flow", "a_jacobian_for_each_step", "hidden[t + 1].pow(2)", "hidden[t].pow(2)"),
    Slip("gradient_flow", "a_jacobian_for_each_step", "svdvals(J)[0]", "svdvals(J)[-1]"),
    Slip("gru_cell", "f_linear_and_the_difference", "update * (h - new)", "update * (new - h)"),
    Slip("gru_cell", "f_linear_and_the_difference", "reset * h_n", "update * h_n"),
    Slip("gru_cell", "a_slice_for_each_gate", "matmul(h, W_hz.T) + b_hz", "matmul(h, W_hz.T)"),
    Slip("gru_cell", "a_slice_for_each_gate", "torch.mul(z_t, h)", "torch.mul(r_t, h)"),
    Slip("gru_cell", "a_method_for_the_gates", "torch.lerp(new, h, update)", "torch.lerp(h, new, update)"),
    Slip("lstm_cell", "f_linear", "torch.sigmoid(i) * torch.tanh(g)", "torch.sigmoid(i) * g"),
    Slip("lstm_cell", "f_linear", "i, f, g, o = gates", "f, i, g, o = gates"),
    Slip("lstm_cell", "f_linear", "return h, c", "return h, h"),
    Slip("lstm_cell", "a_slice_for_each_gate", "gate(2, torch.tanh)", "gate(2, torch.sigmoid)"),
    Slip("lstm_cell", "a_list_of_gates", "c = gates[1] * c + gates[0]", "c = gates[1] * c - gates[0]"),
    Slip("forget_gate", "a_loop_of_their_own", "not 0 <= forget_gate <= 1", "not 0 < forget_gate <= 1"),
    Slip("forget_gate", "a_loop_of_their_own", "z[:, 3 * H:]", "z[:, 2 * H:3 * H]"),
    Slip("forget_gate", "a_loop_of_their_own", "h = o * torch.tanh(c)", "h = o * torch.tanh(g)"),
    Slip(
        "forget_gate",
        "a_loop_of_their_own",
        "if forget_gate is not None:\n            f",
        "if forget_gate:\n            f",
    ),
    Slip("forget_gate", "the_forget_gates_rows_cut_out", "h, c, hs, cs = h0, c0", "h, c, hs, cs = c0, h0"),
    Slip("smaller_lstm", "one_bias", "(input_size + hidden_size + 2)", "(input_size + hidden_size + 1)"),
    Slip("smaller_lstm", "one_bias", "o.sigmoid() * c.tanh(), c", "o.sigmoid() * c, c"),
    Slip("smaller_lstm", "one_bias", "h @ self.weight_hh.T", "x @ self.weight_hh.T"),
    Slip("smaller_lstm", "one_bias", "c = f.sigmoid() * c +", "c = f.sigmoid() * c.detach() +"),
    Slip("smaller_lstm", "diagonal_recurrent_weights", "torch.sigmoid(o) * torch", "(1 + o) * torch"),
    Slip("bidirectional", "one_loop_both_directions", "back.insert(0, hb)", "back.append(hb)"),
    Slip("bidirectional", "one_loop_both_directions", "x[T - 1 - t], hb, cb", "x[T - t], hb, cb"),
    Slip("bidirectional", "recursion", '"_reverse"))[::-1])', '"_reverse")))'),
    Slip("bidirectional", "recursion", "torch.cat((ahead, back), 2)", "torch.cat((ahead, back), 1)"),
    Slip(
        "bidirectional",
        "f_linear_and_all_inputs_projected_at_once",
        "F.sigmoid(f) * c +",
        "F.sigmoid(f) * h +",
    ),
)


def main() -> None:
    """Grade each slip and print a table."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--task", default="")
    wanted = parser.parse_args().task
    assignment = read_assignment(bundled())
    sandbox = open_sandbox()
    rows: list[Row] = []
    try:
        with tempfile.TemporaryDirectory() as folder:
            cache = AnswerCache(Path(folder))
            for slip in SLIPS:
                if wanted in ("", slip.task):
                    grader = Grader(
                        assignment, assignment.only((slip.task,)), assignment.seed, sandbox, cache, workers=1
                    )
                    if not rows or rows[-1].task != slip.task:
                        grader.grade(_submission(replace(slip, new=slip.old)))  # fills the cache
                    rows.append(_graded(grader, slip))
                    print(rows[-1].text(), flush=True)
    finally:
        sandbox.close()
    _sum_up(rows)


@dataclass(frozen=True)
class Row:
    """What the grader says of a slip."""

    task: str
    change: str
    result: TaskResult
    line: int
    """The line that the slip changed."""
    seconds: float

    @property
    def explained(self) -> bool:
        """Whether a known mistake or a repair is told."""
        return any(one.counts for one in self.result.explanations)

    @property
    def false(self) -> bool:
        """Whether a line is told that the slip did not change."""
        first = next((one for one in self.result.explanations if one.counts), None)
        if first is None or first.repair is None or not first.repair.told:
            return False
        return not first.repair.line <= self.line <= first.repair.end_line

    def text(self) -> str:
        """Return a row of the table."""
        plain = sum(check.score for check in self.result.checks)
        marks = f"{plain:5.2f} {self.result.score:5.2f} of {self.result.points:g}"
        told = "; ".join(_told(one) for one in self.result.explanations[:1] if one.counts) or "-"
        mark = " FALSE LINE" if self.false else ""
        return f"| {self.task} | {self.change} | {told}{mark} | {marks} | {self.seconds:.1f} s |"


def _told(one) -> str:  # type: ignore[no-untyped-def]
    parts = list(one.mistakes)
    for repair in (one.repair, *one.also):
        if repair is not None:
            where = f"line {repair.line}" if repair.told else f"no line ({repair.line})"
            parts.append(f"{repair.kind}, {where}: {repair.before} > {repair.after} [+{repair.alternatives}]")
    return " + ".join(parts)


def _graded(grader: Grader, slip: Slip) -> Row:
    right = source_of(slip)
    begun = time.monotonic()
    (result,) = grader.grade(_submission(slip)).tasks
    seconds = time.monotonic() - begun
    line = right[: right.index(slip.old)].count("\n") + 1
    change = f"{slip.old} > {slip.new}".replace("\n", " ")
    return Row(slip.task, " ".join(change.split()), result, line, seconds)


def source_of(slip: Slip) -> str:
    """Return the right program of a slip."""
    return (RIGHT / slip.task / f"{slip.program}.py").read_text()


def _submission(slip: Slip) -> Submission:
    source = source_of(slip)
    assert source.count(slip.old) == 1, f"{slip.old!r} occurs {source.count(slip.old)} times"
    return Submission("slip", {f"{slip.task}.py": source.replace(slip.old, slip.new).encode()}, {})


def _sum_up(rows: list[Row]) -> None:
    print("\nSeconds per slip, search included:")
    for task in dict.fromkeys(row.task for row in rows):
        _print_seconds(task, [row.seconds for row in rows if row.task == task])
    _print_seconds("all", [row.seconds for row in rows])
    print(
        f"{sum(row.explained for row in rows)} of {len(rows)} explained, "
        f"{sum(row.false for row in rows)} false lines"
    )


def _print_seconds(name: str, seconds: list[float]) -> None:
    print(f"  {name:14} median {statistics.median(seconds):5.1f}, most {max(seconds):5.1f}")


if __name__ == "__main__":
    main()
