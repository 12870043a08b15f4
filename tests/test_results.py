"""The result model and its documentation."""

import json
from pathlib import Path

from grader.results.report import schema

DOCUMENT = Path(__file__).parent.parent / "docs" / "report.md"


def test_the_documented_schema_is_the_one_that_is_written() -> None:
    text = DOCUMENT.read_text().split("```json\n")[1].split("\n```")[0]

    assert json.loads(text) == schema()
