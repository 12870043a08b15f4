"""The result model and its documentation."""

import json
from pathlib import Path

from grader.results.report import schema

DOCUMENT = Path(__file__).parents[2] / "docs" / "report.schema.json"


def test_the_documented_schema_is_the_one_that_is_written() -> None:
    assert json.loads(DOCUMENT.read_text(encoding="utf-8")) == schema()
