"""What children may use of this machine, also in a control group with less than all of its memory."""

import os
from pathlib import Path

import pytest

from grader.sandbox.contract import Limits
from grader.sandbox.machine import children, memory, processors

WHOLE = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
NO_LIMIT = "9223372036854771712\n"


@pytest.mark.parametrize(
    ("lines", "limits", "found"),
    [
        ("0::/a/b\n", {}, WHOLE),
        ("0::/a/b\n", {"a/b/memory.max": "max\n"}, WHOLE),
        ("0::/a/b\n", {"a/b/memory.max": "1048576\n"}, 1 << 20),
        ("0::/a/b\n", {"a/b/memory.max": "max\n", "a/memory.max": "1048576\n"}, 1 << 20),
        ("0::/a/b\n", {"a/b/memory.max": "2097152\n", "a/memory.max": "1048576\n"}, 1 << 20),
        ("0::/a/b\n", {"a/c/memory.max": "1048576\n"}, WHOLE),
        ("0::/\n", {"memory.max": "1048576\n"}, 1 << 20),
        ("0::/of/the/host\n", {"memory.max": "1048576\n"}, 1 << 20),
        ("5:cpu:/a\n4:memory:/a\n0::/\n", {"memory/a/memory.limit_in_bytes": "1048576\n"}, 1 << 20),
        ("4:cpu,memory:/a\n", {"memory/memory.limit_in_bytes": "1048576\n"}, 1 << 20),
        ("4:memory:/a\n", {"memory/a/memory.limit_in_bytes": NO_LIMIT}, WHOLE),
        ("4:memory:/a:b\n", {"memory/a:b/memory.limit_in_bytes": "1048576\n"}, 1 << 20),
    ],
)
def test_the_least_of_the_machine_and_its_control_groups_counts(
    tmp_path: Path, lines: str, limits: dict[str, str], found: int
) -> None:
    (tmp_path / "proc" / "self").mkdir(parents=True)
    (tmp_path / "proc" / "self" / "cgroup").write_text(lines)
    for path, limit in limits.items():
        file = tmp_path / "groups" / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(limit)

    assert memory(tmp_path / "proc", tmp_path / "groups") == found


def test_a_system_without_control_groups_has_the_memory_of_the_machine(tmp_path: Path) -> None:
    assert memory(tmp_path, tmp_path) == WHOLE


@pytest.mark.parametrize(
    ("limits", "most"),
    [
        (Limits(memory=1 << 30, class_memory=4 << 30), 4),
        (Limits(memory=3 << 30, class_memory=8 << 30), 2),
        (Limits(memory=1 << 30, class_memory=1 << 20), 1),
    ],
)
def test_so_many_children_run_at_once_as_there_is_memory_for_but_one_always(
    limits: Limits, most: int
) -> None:
    assert children(limits) == most


def test_children_may_use_half_of_the_memory() -> None:
    whole = memory()

    assert whole is not None and children(Limits(memory=whole // 10)) == 5


def test_there_is_a_processor() -> None:
    assert processors() >= 1
