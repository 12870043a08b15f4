"""The API keeps to its OpenAPI document, whatever is sent: schemathesis makes up requests for each call."""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from service_site import Site

schemathesis = pytest.importorskip("schemathesis", reason="schemathesis is not installed")
from hypothesis import HealthCheck, given, settings  # noqa: E402
from schemathesis.checks import not_a_server_error  # noqa: E402
from schemathesis.specs.openapi import checks as of_openapi  # noqa: E402

from grader.service import courses, tokens  # noqa: E402
from grader.service.database import Database  # noqa: E402

pytestmark = pytest.mark.slow
EXAMPLES = 8
CHECKS = [
    not_a_server_error,
    of_openapi.status_code_conformance,
    of_openapi.content_type_conformance,
    of_openapi.response_schema_conformance,
]
"""Who may call what is walked in test_who_may_what.py."""


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """One service for all examples."""
    folder = tmp_path_factory.mktemp("openapi")
    with closing(Database(f"sqlite:///{folder}/service.db")) as database:
        database.migrate()
        made = Site(database, folder)
        made.hand_in("ana")
        made.grade()
        yield made


@pytest.fixture(scope="module")
def headers(site: Site) -> dict[str, str]:
    """The token of an administrator, who gets furthest."""
    with site.service.database.write() as session:
        who = courses.person_with(session, "root")
        return {"Authorization": f"Bearer {tokens.make(session, tokens.Kind.API, who.id)}"}


def test_every_call_keeps_to_the_document(site: Site, headers: dict[str, str]) -> None:
    document = schemathesis.openapi.from_asgi("/api/v1/openapi.json", site.app)
    called = set()
    for found in document.get_all_operations():
        operation = found.ok()

        @settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=list(HealthCheck))
        @given(case=operation.as_strategy())
        def keeps_to_it(case: schemathesis.Case) -> None:
            case.call_and_validate(headers=headers, checks=CHECKS)

        keeps_to_it()
        called.add(operation.label)
    assert len(called) > 20


def test_paths_to_files_are_no_paths(site: Site, headers: dict[str, str], tmp_path: Path) -> None:
    client = site.client(headers["Authorization"].split()[1])
    for path in (
        "../../etc/passwd",
        "..%2f..%2fetc%2fpasswd",
        "%2e%2e/service.db",
        "style.css%00",
        "//etc/passwd",
    ):
        for place in ("/static/", "/api/v1/submissions/", "/api/v1/worker/files/", "/courses/"):
            found = client.get(place + path)

            assert found.status_code in (303, 401, 404, 422) and b"root:" not in found.content
