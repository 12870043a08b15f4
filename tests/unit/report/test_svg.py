"""A label is a text at a place: both kinds of picture keep theirs inside."""

import pytest
from samples import picture, tensor

from grader.report.drawing.charts import Chart, chart
from grader.report.drawing.heatmaps import HeatMap, value_map
from grader.report.drawing.svg import Label

HEAT = value_map("w", tensor("w", [1.0] * 100, 10, 10, axes=("gate", "hidden")), 1.0)


def labels(shown: Chart | HeatMap) -> list[Label]:
    if isinstance(shown, HeatMap):
        return list(shown.labels)
    return [shown.x_label, shown.y_label, *shown.x_ticks, *shown.y_ticks]


@pytest.mark.parametrize("shown", [chart(picture(), ""), chart(picture(log=True), ""), HEAT])
def test_every_label_lies_inside_its_picture(shown: Chart | HeatMap) -> None:
    outside = [
        one.text for one in labels(shown) if not (0 <= one.x <= shown.width and 0 <= one.y <= shown.height)
    ]

    assert outside == []


@pytest.mark.parametrize("shown", [chart(picture(), ""), HEAT])
def test_every_label_is_anchored_in_a_way_that_pictures_know(shown: Chart | HeatMap) -> None:
    assert {one.anchor for one in labels(shown)} <= {"start", "middle", "end"}
