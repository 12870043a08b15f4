"""Writes JUnit XML, as GitLab, Jenkins and most other CI systems read it: a test suite per task.

GitLab takes only the first of two cases with the same names, so each case has the task as its class name and
the name of its check. Points are properties. The page is an attachment in the form that GitLab and Jenkins
know: `[[ATTACHMENT|path]]` in the output of a case.
"""

from collections.abc import Iterator
from xml.etree import ElementTree

from grader.report.causes import place_of
from grader.report.messages import text, told
from grader.report.numbers import points
from grader.report.slips import looks_like
from grader.report.visible import cut, visible
from grader.results.report import CheckResult, Report, TaskResult, Verdict, counted, is_picture

_MOST = 20_000
"""Characters of one text."""


def render(report: Report, page: str = "") -> str:
    """Return the XML; `page` is the path of the page, relative to the directory of the CI job."""
    root = ElementTree.Element("testsuites", name=_clean(report.provenance.assignment))
    for task in report.tasks:
        root.append(_suite(task, report.timings.get(task.task, 0.0), page))
    for name in ("tests", "failures", "errors", "skipped"):
        root.set(name, str(sum(int(suite.get(name, "0")) for suite in root)))
    root.set("time", f"{report.timings.get('total', 0.0):.3f}")
    ElementTree.indent(root)
    return ElementTree.tostring(root, encoding="unicode", xml_declaration=True) + "\n"


def _suite(task: TaskResult, seconds: float, page: str) -> ElementTree.Element:
    checks = [check for check in task.checks if not is_picture(check)]
    verdicts = [check.verdict for check in checks]
    suite = ElementTree.Element(
        "testsuite",
        name=_clean(task.task),
        tests=str(len(checks)),
        failures=str(verdicts.count(Verdict.FAILED)),
        errors=str(verdicts.count(Verdict.BROKEN)),
        skipped=str(verdicts.count(Verdict.SKIPPED) + verdicts.count(Verdict.PENDING)),
        time=f"{seconds:.3f}",
    )
    _properties(suite, score=points(task.score), points=points(task.points))
    for number, check in enumerate(checks):
        suite.append(_case(task, check, seconds / len(checks), page if number == 0 else ""))
    return suite


def _case(task: TaskResult, check: CheckResult, seconds: float, page: str) -> ElementTree.Element:
    place = place_of(check)
    case = ElementTree.Element(
        "testcase",
        classname=_clean(task.task),
        name=_clean(f"{check.check}: {told(check.title)}"),
        time=f"{seconds:.3f}",
        file=_clean(task.wanted_file if place is None else place.file),
    )
    if place is not None:
        case.set("line", str(place.line))
    if check.points:
        _properties(case, score=points(counted(check, task.explanation)), points=points(check.points))
    kinds = {
        Verdict.FAILED: "failure",
        Verdict.BROKEN: "error",
        Verdict.SKIPPED: "skipped",
        Verdict.PENDING: "skipped",
    }
    said = "\n".join(_said(check))
    if check.verdict in kinds:
        found = ElementTree.SubElement(case, kinds[check.verdict], message=_clean(said.partition("\n")[0]))
        if check.verdict in (Verdict.FAILED, Verdict.BROKEN):
            found.set("type", check.verdict.value)
            found.text = _clean(said)
    if page:
        ElementTree.SubElement(case, "system-out").text = f"[[ATTACHMENT|{_clean(page)}]]"
    return case


def _properties(parent: ElementTree.Element, **values: str) -> None:
    properties = ElementTree.SubElement(parent, "properties")
    for name, value in values.items():
        ElementTree.SubElement(properties, "property", name=name, value=value)


def _said(check: CheckResult) -> Iterator[str]:
    yield text(check.message) or check.verdict.value
    if check.mistake:
        yield text(looks_like(check))
    if check.hint or check.diagnosis:
        yield told(check.hint) or text(check.diagnosis)


def _clean(said: str) -> str:
    """Return a text without what XML does not allow: control characters and lone surrogates."""
    return visible(cut(said, _MOST))
