"""The whole chain on a database with every kind of key."""

import re
import shutil
import sqlite3
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import polars as pl
import pytest

from synth_assets.catalog.connection import open_engine
from synth_assets.catalog.drift import compare
from synth_assets.catalog.reflect import reflect
from synth_assets.plan.refused import PlanRefused
from synth_assets.plan.resources import DatabaseSettings
from synth_assets.publish.authorize import authorize
from synth_assets.publish.errors import NoPassingVerdict, TargetRefused
from synth_assets.publish.publish import history
from synth_assets.refresh import (
    NewColumnsHeld,
    PartlyPublished,
    Progress,
    RealColumnsHeld,
    Refresh,
    StageMissing,
    VerdictFailed,
)
from synth_assets.store.verdicts import load_verdict
from tests.zoo import PLAN, build_zoo, zoo_project


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("zoo")
    build_zoo(folder / "production.db")
    return folder


@pytest.fixture(scope="module")
def refreshed(root: Path) -> Iterator[Refresh]:
    project = zoo_project(root)
    authorize_staging(root)
    refresh = Refresh(project, "zoo", refresh="first")
    refresh.run(["staging"])
    yield refresh


def authorize_staging(root: Path) -> None:
    project = zoo_project(root)
    target = project.resources.databases["staging"]
    authorize("staging", target, target.resolve_url({}), {"production": project.source("zoo").resolve_url({})})


def rows(root: Path, query: str, *, database: str = "staging") -> list[tuple[object, ...]]:
    connection = sqlite3.connect(root / f"{database}.db")
    try:
        return connection.execute(query).fetchall()
    finally:
        connection.close()


def test_the_target_is_whole_and_has_the_sources_schema(root: Path, refreshed: Refresh) -> None:
    assert rows(root, "PRAGMA foreign_key_check") == []
    assert rows(root, "PRAGMA integrity_check") == [("ok",)]
    catalogs = [reflect(open_engine(f"sqlite:///{root}/{name}.db")) for name in ("production", "staging")]
    assert [change.message for change in compare(*catalogs).changes] == []


def test_tables_are_as_large_as_in_the_source(root: Path, refreshed: Refresh) -> None:
    for table in ("customers", "orders", "order lines", "addresses", "cards", "stints", "customer_tags", "returns"):
        counts = [rows(root, f'SELECT count(*) FROM "{table}"', database=d)[0][0] for d in ("production", "staging")]
        assert counts[1] == pytest.approx(counts[0], rel=0.03), table


def test_no_protected_value_comes_out(root: Path, refreshed: Refresh) -> None:
    assert rows(root, "SELECT count(*) FROM customers WHERE email LIKE '%real.example'") == [(0,)]
    assert rows(root, "SELECT count(*) FROM addresses WHERE street LIKE '%Real Street%'") == [(0,)]
    assert rows(root, "SELECT count(*) FROM staff WHERE name LIKE 'Worker%'") == [(0,)]


def test_a_default_address_belongs_to_its_own_customer(root: Path, refreshed: Refresh) -> None:
    query = (
        "SELECT avg(a.customer_id = c.id), count(*) FROM customers c JOIN addresses a ON a.id = c.default_address_id"
    )
    ((share, count),) = rows(root, query)
    assert share == 1.0
    assert isinstance(count, int) and 200 < count < 350


def test_line_numbers_count_the_lines_of_an_order(root: Path, refreshed: Refresh) -> None:
    query = (
        'SELECT count(*) FROM (SELECT max(line) AS m, count(*) AS n FROM "order lines" GROUP BY order_id) WHERE m != n'
    )
    assert rows(root, query) == [(0,)]


def test_hierarchies_have_one_root_level_and_no_cycle(root: Path, refreshed: Refresh) -> None:
    query = (
        "WITH RECURSIVE below(id, depth) AS (SELECT id, 0 FROM staff WHERE boss_id IS NULL UNION ALL "
        "SELECT s.id, depth + 1 FROM staff s JOIN below ON s.boss_id = below.id) "
        "SELECT depth, count(*) FROM below GROUP BY 1"
    )
    depths = dict(rows(root, query))
    assert sum(depths.values()) == 60  # type: ignore[arg-type]
    assert set(depths) <= {0, 1, 2}


def test_seasons_of_a_player_follow_each_other(root: Path, refreshed: Refresh) -> None:
    gaps = "SELECT year - lag(year) OVER (PARTITION BY player_id ORDER BY year, number) AS gap FROM stints"
    found = dict(rows(root, f"SELECT gap, count(*) FROM ({gaps}) WHERE gap IS NOT NULL GROUP BY 1"))
    assert set(found) <= {0, 1, 2}
    assert found[1] > 0.8 * sum(found.values())  # type: ignore[operator, arg-type]


def test_what_depends_on_the_parent_still_does(root: Path, refreshed: Refresh) -> None:
    query = (
        "SELECT segment, avg(n) FROM (SELECT c.segment, count(o.id) AS n FROM customers c LEFT JOIN orders o "
        "ON o.customer_id = c.id GROUP BY c.id) GROUP BY 1"
    )
    means = dict(rows(root, query))
    assert means["business"] > 2 * means["private"]  # type: ignore[operator]
    assert (
        rows(root, "SELECT count(*) FROM cards k JOIN customers c ON c.id = k.customer_id")[0][0]
        == (rows(root, "SELECT count(*) FROM cards")[0][0])
    )


def test_modes(root: Path, refreshed: Refresh) -> None:
    assert sorted(rows(root, "SELECT * FROM regions")) == [("E", "East"), ("N", "North"), ("S", "South")]
    assert rows(root, "SELECT DISTINCT label FROM tags") == [("tag",)]
    assert rows(root, "SELECT count(*) FROM log") == [(0,)]


def test_the_snapshot_is_gone_and_the_verdict_names_what_is_let_through(refreshed: Refresh) -> None:
    assert refreshed.store.artifacts("zoo", stage="snapshot") == []
    verdict = refreshed.store.latest("zoo", "verdict", None)
    assert verdict is not None


def test_canaries_are_planted_and_none_comes_out(refreshed: Refresh) -> None:
    latest = refreshed.store.latest("zoo", "verdict", None)
    assert latest is not None
    verdict = load_verdict(refreshed.store, latest)
    found = {c.table: c for c in verdict.checks if c.name == "privacy_canaries" and c.facts["applicable"]}
    assert found
    assert all(check.passed and check.value == 0.0 and check.facts["planted"] == 8 for check in found.values())
    for table in found:
        assert table is not None
        assert refreshed.planted_canaries[table].height == 8


def test_data_docs_are_built_and_hold_no_value_of_the_source(root: Path, refreshed: Refresh) -> None:
    assert refreshed.data_docs == root / ".synth" / "data-docs" / "zoo" / "first" / "index.html"
    pages = {page.stem: page.read_text() for page in refreshed.data_docs.parent.rglob("*.html")}
    assert {"customers", "order lines"} <= set(pages)
    texts = rows(root, "SELECT email, segment FROM customers", database="production")
    texts += rows(root, "SELECT name FROM staff", database="production")
    texts += rows(root, "SELECT DISTINCT ordered_on FROM orders", database="production")
    values = {str(value) for row in texts for value in row}
    assert [value for value in sorted(values) if any(value in page for page in pages.values())] == []


def test_the_ledger_tells_what_the_rows_were_learned_from(root: Path, refreshed: Refresh) -> None:
    (entry,) = history("staging", f"sqlite:///{root}/staging.db")
    assert entry.snapshot == refreshed.origin.snapshot
    assert re.fullmatch("[0-9a-f]{64}", entry.snapshot or "")


def test_the_database_that_was_read_is_never_written_even_if_the_resources_have_changed_since(
    root: Path, refreshed: Refresh
) -> None:
    shutil.copyfile(root / "production.db", root / "elsewhere.db")
    before = (root / "production.db").read_bytes()
    project = zoo_project(root)
    databases = dict(project.resources.databases)
    for name, file in (("production", "elsewhere"), ("staging", "production")):
        given = databases[name].model_dump(include={"role", "environment"})
        databases[name] = DatabaseSettings.model_validate({**given, "url": f"sqlite:///{root}/{file}.db"})
    resources = project.resources.model_copy(update={"databases": databases})
    swapped = Refresh(replace(project, resources=resources), "zoo", refresh="first")
    with pytest.raises(TargetRefused, match="same database as source production was when its rows were read"):
        swapped.publish("staging")
    assert (root / "production.db").read_bytes() == before


def test_an_unchanged_source_is_not_learned_again_and_gives_the_same_rows(root: Path, refreshed: Refresh) -> None:
    before = {name: table.fingerprint for name, table in refreshed.synthetic_rows.items()}
    again = Refresh(zoo_project(root), "zoo", refresh="second")
    again.snapshot()
    again.profile()
    assert all(outcome.reused for group in again.groups for outcome in again.fit(group).values())
    assert all(outcome.reused for group in again.groups for outcome in again.generate(group).values())
    assert {name: table.fingerprint for name, table in again.synthetic_rows.items()} == before


def test_the_same_seed_gives_the_same_rows_and_another_seed_others(root: Path, tmp_path: Path) -> None:
    build_zoo(tmp_path / "production.db", customers=40)
    made: list[dict[str, pl.DataFrame]] = []
    for number, seed in enumerate((1, 1, 2)):
        project = zoo_project(tmp_path)
        refresh = Refresh(project, "zoo", refresh=str(number), seed=seed)
        refresh.snapshot()
        refresh.profile()
        for group in refresh.groups:
            refresh.fit(group)
            refresh.generate(group)
        made.append({name: table.read() for name, table in refresh.synthetic_rows.items()})
        for artifact in refresh.store.artifacts("zoo"):
            refresh.store.remove(artifact)
    assert all(made[0][name].equals(made[1][name]) for name in made[0])
    assert not made[0]["orders"].equals(made[2]["orders"])


def test_scale_multiplies_rows(tmp_path: Path) -> None:
    build_zoo(tmp_path / "production.db", customers=60)
    plan = PLAN | {"tables": PLAN["tables"] | {"customers": {"scale": 2.0}, "orders": {"scale": 3.0}}}  # type: ignore[operator]
    refresh = Refresh(zoo_project(tmp_path, plan=plan), "zoo", refresh="scaled")
    refresh.snapshot()
    refresh.profile()
    for group in refresh.groups:
        refresh.fit(group)
        refresh.generate(group)
    source = rows(
        tmp_path, "SELECT (SELECT count(*) FROM customers), (SELECT count(*) FROM orders)", database="production"
    )
    assert refresh.synthetic_rows["customers"].rows == 2 * source[0][0]  # type: ignore[operator]
    assert refresh.synthetic_rows["orders"].rows == 3 * source[0][1]  # type: ignore[operator]


def test_a_failing_gate_publishes_nothing(root: Path, refreshed: Refresh) -> None:
    before = rows(root, "SELECT * FROM customers ORDER BY id")
    plan = PLAN | {"gate": {"fidelity": {"shape": 1.0, "trend": 1.0}}, "seed": 9}
    strict = Refresh(zoo_project(root, plan=plan), "zoo", refresh="strict")
    with pytest.raises(VerdictFailed) as failed:
        strict.run(["staging"])
    assert "Nothing was published" in str(failed.value)
    assert rows(root, "SELECT * FROM customers ORDER BY id") == before
    with pytest.raises(NoPassingVerdict):
        strict.publish("staging")
    assert strict.store.artifacts("zoo", stage="snapshot") == []


def test_a_second_target_that_refuses_names_the_first_that_is_published(root: Path, refreshed: Refresh) -> None:
    project = zoo_project(root)
    databases = project.resources.databases
    unmarked = databases["staging"].model_validate(
        {"role": "target", "environment": "dev", "url": f"sqlite:///{root}/dev.db"}
    )
    sqlite3.connect(root / "dev.db").close()
    resources = project.resources.model_copy(update={"databases": databases | {"dev": unmarked}})

    def take_mark_away(progress: Progress) -> None:
        if progress.stage == "publication":
            with sqlite3.connect(root / "dev.db") as connection:
                connection.execute("DELETE FROM synth_assets_target")

    both = Refresh(replace(project, resources=resources), "zoo", refresh="both", progress=take_mark_away)
    with pytest.raises(TargetRefused, match="dev is refused: it has not been authorized"):
        both.run(["staging", "dev"])
    authorize("dev", unmarked, f"sqlite:///{root}/dev.db", {})
    with pytest.raises(PartlyPublished, match="Published before that, and whole: staging") as failed:
        both.run(["staging", "dev"])
    assert "authorize" in str(failed.value)


def test_stages_in_the_wrong_order_say_what_to_run(tmp_path: Path) -> None:
    build_zoo(tmp_path / "production.db", customers=5)
    with pytest.raises(StageMissing, match="synth-assets refresh --dataset zoo"):
        Refresh(zoo_project(tmp_path), "zoo", refresh="none").profile()


def test_new_columns_are_held_when_the_plan_says_so(tmp_path: Path) -> None:
    from synth_assets.catalog.files import write_catalog

    build_zoo(tmp_path / "production.db", customers=5)
    project = zoo_project(tmp_path, plan=PLAN | {"on_new_column": "hold"})
    refresh = Refresh(project, "zoo", refresh="held")
    write_catalog(project.catalog_path("zoo"), refresh.reflect_source())
    connection = sqlite3.connect(tmp_path / "production.db")
    connection.execute("ALTER TABLE customers ADD COLUMN secret TEXT")
    connection.close()
    with pytest.raises(NewColumnsHeld, match="secret"):
        refresh.snapshot()
    assert refresh.store.artifacts("zoo") == []


@pytest.mark.parametrize("kept", [True, False], ids=["kept by plan", "of the last refresh"])
def test_a_column_never_seen_is_not_let_through_with_its_table(tmp_path: Path, kept: bool) -> None:
    from synth_assets.catalog.files import write_catalog

    build_zoo(tmp_path / "production.db", customers=5)
    project = zoo_project(tmp_path)
    first = Refresh(project, "zoo", refresh="first")
    if kept:
        write_catalog(project.catalog_path("zoo"), first.reflect_source())
    first.snapshot()
    first.profile()
    connection = sqlite3.connect(tmp_path / "production.db")
    connection.executescript(
        "ALTER TABLE regions ADD COLUMN manager_email TEXT; ALTER TABLE staff ADD COLUMN phone TEXT;"
        "CREATE TABLE diagnoses (id INTEGER PRIMARY KEY, patient TEXT)"
    )
    second = Refresh(project, "zoo", refresh="second")
    with pytest.raises(RealColumnsHeld, match=r"regions\.manager_email") as held:
        second.snapshot()
    assert "phone" not in str(held.value)
    connection.executescript("ALTER TABLE regions DROP COLUMN manager_email")
    connection.close()
    second.snapshot()
    assert any("staff.phone" in change for change in second.changes)
    second.profile()
    new = [*second.plan.table("diagnoses").columns, second.plan.table("staff").column("phone")]
    assert not any(column.lets_real_values_through for column in new)


def test_a_plan_that_does_not_fit_is_refused_before_a_row_is_read(tmp_path: Path) -> None:
    build_zoo(tmp_path / "production.db", customers=5)
    plan = PLAN | {"tables": {"custmers": {"mode": "empty"}}}
    refresh = Refresh(zoo_project(tmp_path, plan=plan), "zoo", refresh="refused")
    with pytest.raises(PlanRefused, match="customers"):
        refresh.snapshot()
    assert refresh.store.artifacts("zoo") == []
