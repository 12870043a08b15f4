"""What only a browser can tell of a launch: which cookies come along, and which frames are shown."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import chromium
import pytest
import uvicorn
from learning_platform import LearningPlatform
from service_processes import free_port, until
from service_site import Site
from test_learning_platforms import Tool

from grader.service import making
from grader.service.web.app import make

playwright = pytest.importorskip("playwright.sync_api")
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(chromium.PROGRAM is None, reason="there is no Chromium on this machine"),
]
MODES = {
    "as it comes": [],
    "without cookies of third parties": ["--test-third-party-cookie-phaseout"],
}


@pytest.fixture
def url(tmp_path: Path) -> str:
    """SQLite is enough here."""
    return f"sqlite:///{tmp_path}/service.db"


@pytest.fixture
def platform(site: Site) -> Iterator[LearningPlatform]:
    """A platform, and the service on another site: `localhost` beside 127.0.0.1."""
    port = free_port()
    public = f"http://localhost:{port}"
    with LearningPlatform(public).open() as opened:
        Tool(site, opened)
        service = making.service(site.service.database, site.files, public)
        with served(
            uvicorn.Server(uvicorn.Config(make(service), host="localhost", port=port, log_config=None))
        ):
            yield opened


@contextmanager
def served(server: uvicorn.Server) -> Iterator[None]:
    thread = threading.Thread(target=server.run)
    thread.start()
    until(lambda: server.started, 30)
    yield
    server.should_exit = True
    thread.join()


@pytest.fixture(params=MODES)
def page(request: pytest.FixtureRequest) -> Iterator["playwright.Page"]:
    with chromium.opened(*MODES[request.param]) as browser:
        yield browser.new_page()


def test_a_launch_in_a_frame_goes_on_in_a_window(platform: LearningPlatform, page: "playwright.Page") -> None:
    page.goto(f"{platform.issuer}/frame")
    button = page.frame_locator("iframe").get_by_role("button", name="Go on in a new window")
    assert "Ana Platform" in page.frame_locator("iframe").locator("main").inner_text()
    with page.expect_popup() as opened:
        button.click()
    window = opened.value
    window.wait_for_load_state()

    assert window.url == platform.page
    assert window.get_by_role("heading", name="Hand in").is_visible()


def test_a_launch_by_a_link_opens_the_assignment(platform: LearningPlatform, page: "playwright.Page") -> None:
    page.goto(f"{platform.issuer}/link")
    page.get_by_role("link").click()
    page.wait_for_url(platform.page)

    assert page.get_by_role("heading", name="Hand in").is_visible()


def test_no_other_page_of_the_service_is_shown_in_a_frame(
    platform: LearningPlatform, page: "playwright.Page"
) -> None:
    page.goto(f"{platform.issuer}/link")
    with page.expect_console_message(lambda said: "frame-ancestors" in said.text):
        page.set_content(f'<iframe src="{platform.tool}/sign-in"></iframe>')

    assert page.frame_locator("iframe").get_by_role("heading", name="Sign in").count() == 0
