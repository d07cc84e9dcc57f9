"""The report: made whatever the verdict, of groups only, for everybody to read, kept as long as the refresh."""

import json
import re
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from html.parser import HTMLParser
from pathlib import Path

import pytest
from click.testing import CliRunner

from synth_assets.cli import main
from synth_assets.project import load_project
from synth_assets.refresh import Refresh, VerdictFailed
from tests.browser import barriers, visiting
from tests.marked_sources import fill_sqlite, marks

PLAN = """
dataset: clinic
source: production
targets: [staging]
tables:
  people: {mode: synthetic}
  rooms: {mode: reference, because: "a <public> list"}
gate:
  fidelity: {shape: 0.0, trend: 0.0, cardinality: 0.0, pairs_across_keys: 0.0, two_sample: 1.0}
  privacy: {membership_auc: 1.0, copies: 1.0, closer_share: 1.0}
"""
RESOURCES = """
databases:
  production: {role: source, url: "sqlite:///production.db"}
  staging: {role: target, environment: staging, url: "sqlite:///staging.db"}
store: {url: "file://.store", key: {env: SYNTH_STORE_KEY}, keep_refreshes: 2}
"""


class Page(HTMLParser):
    """What a browser would make of a page."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.headings: list[int] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if re.fullmatch("h[1-6]", tag):
            self.headings.append(int(tag[1]))


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A project that was refreshed three times: passed, passed from a changed source, failed."""
    root = tmp_path_factory.mktemp("clinic")
    for name in ("plans", "resources", "expectations/clinic"):
        (root / name).mkdir(parents=True)
    (root / "plans" / "clinic.yaml").write_text(PLAN)
    (root / "resources" / "local.yaml").write_text(RESOURCES.replace("sqlite:///", f"sqlite:///{root}/"))
    fill_sqlite(root / "production.db")
    execute(
        root,
        "CREATE TABLE rooms (id INTEGER PRIMARY KEY, floor INTEGER)",
        "INSERT INTO rooms VALUES (1, 2)",
        "ALTER TABLE people ADD COLUMN wing TEXT",
        "UPDATE people SET wing = CASE WHEN id % 2 THEN 'northern' ELSE 'southern' END",
    )
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SYNTH_STORE_KEY", "7a" * 32)
        sqlite3.connect(root / "staging.db").close()
        project = load_project(root)
        CliRunner().invoke(main, ["authorize", "staging", "--project", str(root)], catch_exceptions=False)
        Refresh(project, "clinic", refresh="first").run(["staging"])
        execute(
            root,
            "ALTER TABLE people ADD COLUMN ward TEXT",
            "UPDATE people SET wing = 'southern' WHERE id % 3 = 0",
            "DELETE FROM visits WHERE id % 3 = 0",
        )
        Refresh(project, "clinic", refresh="second").run(["staging"])
        wrong = {"type": "expect_table_row_count_to_equal", "kwargs": {"value": 1}, "meta": {}, "severity": "critical"}
        odd = {"type": "expect_table_row_count_to_equal", "kwargs": {"value": 2}, "meta": {}, "severity": "warning"}
        (root / "expectations" / "clinic" / "visits.json").write_text(
            json.dumps({"name": "visits", "expectations": [wrong, odd]})
        )
        with pytest.raises(VerdictFailed):
            Refresh(project, "clinic", refresh="third").run(["staging"])
        yield root


def execute(root: Path, *statements: str) -> None:
    with closing(sqlite3.connect(root / "production.db")) as connection, connection:
        for statement in statements:
            connection.execute(statement)


def page_of(root: Path, refresh: str) -> Path:
    return root / ".synth" / "refresh-reports" / "clinic" / refresh / "report.html"


def report(root: Path, refresh: str) -> str:
    return page_of(root, refresh).read_text(encoding="utf-8")


def words(page: str) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", page).split())


def test_no_value_of_the_source_is_shown(root: Path) -> None:
    pages = [report(root, name).lower().encode() for name in ("second", "third")]
    assert {mark for mark in marks() for page in pages if mark in page} == set()
    # What many rows share is shown: the search would find what is there.
    assert b"northern" in pages[0]


def test_it_says_pass_or_fail_and_why(root: Path) -> None:
    assert "Passed None of the checks that block publishing failed" in words(report(root, "second"))
    failed = words(report(root, "third"))
    assert "Failed 1 check that blocks publishing failed, in visits. Nothing is published" in failed
    assert "What to do:" in failed


def test_what_only_warns_does_not_look_like_what_blocks(root: Path) -> None:
    page = report(root, "third")
    shown = re.findall(r"<li( class=\"warning\")?>\s*<strong>visits: (rule_\w+)</strong>", page)
    # Each stands in the summary, and with its table.
    assert shown.count(("", "rule_table_row_count_to_equal")) == 2
    assert shown.count((' class="warning"', "rule_table_row_count_to_equal_2")) == 2
    assert len(shown) == 4


def test_real_values_are_listed_with_their_reason(root: Path) -> None:
    assert "rooms: every row, as it is (mode reference): a &lt;public&gt; list" in report(root, "second")


def test_it_tells_what_is_different_from_the_last_refresh(root: Path) -> None:
    told = words(report(root, "second"))
    assert "Compared with first." in told
    assert "people.ward" in told
    assert re.search(r"visits: source rows 240 1\d\d\b", told)
    assert re.search(r"people\.wing 1\d% of the rows elsewhere", told)
    unchanged = words(report(root, "third"))
    assert "Compared with second." in unchanged
    assert "As many rows in every table, spread as they were." in unchanged
    assert "people.ward:" not in unchanged


def test_it_needs_nothing_from_anywhere_and_can_be_read_by_everybody(root: Path) -> None:
    page = report(root, "second")
    parsed = Page(page)
    assert "<script" not in page
    links = [attrs.get(name) or "" for _, attrs in parsed.tags for name in ("src", "href", "data", "action")]
    assert [link for link in links if link and not link.startswith(("#", "../"))] == []
    assert re.findall(r"url\(|@import", page) == []
    tags = dict(parsed.tags)
    assert tags["html"]["lang"] == "en"
    assert "<title>clinic: passed, refresh second</title>" in page
    assert parsed.headings[0] == 1
    assert parsed.headings.count(1) == 1
    steps = zip(parsed.headings, parsed.headings[1:], strict=False)
    assert all(after <= before + 1 for before, after in steps)
    pictures = [attrs for _, attrs in parsed.tags if attrs.get("role") == "img"]
    assert len(pictures) == sum(tag == "svg" for tag, _ in parsed.tags) > 3
    assert all(attrs["aria-label"] for attrs in pictures)
    names = [attrs["id"] for _, attrs in parsed.tags if "id" in attrs]
    assert len(names) == len(set(names))
    assert {link[1:] for link in links if link.startswith("#")} <= set(names)


@pytest.mark.parametrize("width", [1280, 390])
@pytest.mark.parametrize("refresh", ["second", "third"])
def test_a_browser_finds_no_barrier(root: Path, tmp_path: Path, refresh: str, width: int) -> None:
    with visiting("", tmp_path, width=width) as visit:
        visit.open(page_of(root, refresh).as_uri())
        visit.page.evaluate("document.querySelectorAll('details').forEach(folded => { folded.open = true })")
        assert barriers(visit) == []
        assert visit.errors == []


def test_it_is_read_by_keyboard(root: Path, tmp_path: Path) -> None:
    with visiting("", tmp_path) as visit:
        visit.open(page_of(root, "second").as_uri())
        visit.page.keyboard.press("Tab")
        visit.page.keyboard.press("Enter")
        assert visit.page.url.endswith("#summary")
        folded = visit.page.locator(".attack details").first
        folded.locator("summary").focus()
        visit.page.keyboard.press("Enter")
        assert folded.get_attribute("open") is not None


def test_paper_shows_what_is_folded_away_on_a_screen(root: Path, tmp_path: Path) -> None:
    with visiting("", tmp_path, width=794) as visit:
        visit.open(page_of(root, "second").as_uri())
        figures = visit.page.locator(".attack details:not([open]) > :not(summary)").first
        assert not figures.is_visible()
        visit.page.emulate_media(media="print")
        assert figures.is_visible()
        assert visit.page.evaluate("document.documentElement.scrollWidth") <= 794


def test_data_docs_are_linked_to(root: Path) -> None:
    folder = root / ".synth" / "refresh-reports" / "clinic" / "second"
    links = {attrs.get("href") or "" for _, attrs in Page(report(root, "second")).tags}
    (link,) = (link for link in links if "data-docs" in link)
    assert (folder / link).is_file()


def test_as_many_are_kept_as_refreshes_and_the_command_finds_them(root: Path) -> None:
    folder = root / ".synth" / "refresh-reports" / "clinic"
    assert sorted(path.name for path in folder.iterdir()) == ["second", "third"]
    runner = CliRunner()

    def run(*arguments: str) -> tuple[int, str]:
        result = runner.invoke(main, ["report", "--project", str(root), *arguments])
        return result.exit_code, result.output.strip()

    assert run() == (0, str(folder / "third" / "report.html"))
    assert run("--dataset", "clinic", "--refresh", "second") == (0, str(folder / "second" / "report.html"))
    code, said = run("--dataset", "clinic", "--refresh", "secnd")
    assert code == 1
    assert "second" in said
