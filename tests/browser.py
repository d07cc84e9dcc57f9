"""Pages as people see them: the machine's Chromium, driven by Playwright."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from playwright.sync_api import Page

SCREENSHOTS = "SYNTH_SCREENSHOTS"
# Without these, Chromium looks for updates and hosts of its makers.
_QUIET = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
_PATIENCE = 180_000


@dataclass(frozen=True)
class Visit:
    """A browser's page on one server.

    Attributes:
        errors: What the pages complained of: errors in the console, and exceptions that nobody caught.
    """

    page: "Page"
    server: str
    screenshots: Path
    errors: list[str] = field(default_factory=list)

    def open(self, path: str) -> None:
        self.page.goto(self.server + path)

    def leave(self) -> None:
        """Look at nothing: an open page draws and asks all the time, which costs more than what it waits for."""
        self.page.goto("about:blank")

    def see(self, *texts: str) -> None:
        """Wait until the page shows every text; fails with what it shows instead."""
        for text in texts:
            try:
                self.page.get_by_text(text).first.wait_for()
            except Exception as missing:
                shown = self.page.inner_text("body")[:3000]
                raise AssertionError(f"{self.page.url} does not show {text!r} but: {shown}") from missing

    def keep(self, name: str, *, height: int | None = None) -> Path:
        """A screenshot, taken when nothing moves any more.

        Args:
            height: In pixels from the top, where what is below shows nothing.
        """
        self.page.wait_for_load_state("networkidle")
        self.page.wait_for_timeout(1500)
        path = self.screenshots / f"{name}.png"
        seen = self.page.viewport_size
        if seen and height:
            self.page.screenshot(path=path, clip={"x": 0, "y": 0, "width": seen["width"], "height": height})
        else:
            self.page.screenshot(path=path)
        return path


def barriers(visit: Visit) -> list[str]:
    """What axe-core finds that keeps people from reading the page: the rules of WCAG 2.2 AA, and best practice.

    Skipped where it is not installed, but not in CI.
    """
    try:
        from axe_playwright_python.sync_playwright import Axe
    except ImportError:
        missing = "axe-playwright-python is not installed (make install)"
        if os.environ.get("CI"):
            pytest.fail(missing)
        pytest.skip(missing)
    found = Axe().run(visit.page)
    return [f"{rule['id']}: {node['html'][:200]}" for rule in found.response["violations"] for node in rule["nodes"]]


@contextmanager
def visiting(server: str, folder: Path, *, width: int = 1280, height: int = 800) -> Iterator[Visit]:
    """A page of the given size; skipped where there is no Chromium, but not in CI.

    Args:
        folder: Of screenshots, unless SYNTH_SCREENSHOTS names one that is kept.
    """
    chromium = shutil.which("chromium")
    if chromium is None:
        missing = "no program `chromium` (Debian: apt install chromium)"
        if os.environ.get("CI"):
            pytest.fail(missing)
        pytest.skip(missing)
    from playwright.sync_api import sync_playwright

    screenshots = Path(os.environ.get(SCREENSHOTS) or folder)
    screenshots.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=list(_QUIET))
        try:
            page = browser.new_page(viewport={"width": width, "height": height}, reduced_motion="reduce")
            page.set_default_timeout(_PATIENCE)
            visit = Visit(page, server, screenshots)
            page.on("console", lambda told: visit.errors.append(told.text) if told.type == "error" else None)
            page.on("pageerror", lambda error: visit.errors.append(str(error)))
            yield visit
        finally:
            browser.close()
