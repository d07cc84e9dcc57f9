"""The whole chain on a database in which every kind of dependency holds: they hold in what is published, too."""

import sqlite3
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path

import polars as pl
import pytest

from synth_assets.publish.authorize import authorize
from synth_assets.refresh import Refresh
from synth_assets.refresh.values import texts_in
from tests.dependencies.shop import broken_rows, build_shop
from tests.zoo import generated, zoo_project

# The tables are small on purpose, so that sampling noise is large.
GATE = {
    "fidelity": {"shape": 0.6, "trend": 0.5, "cardinality": 0.5, "pairs_across_keys": 0.3},
    "privacy": {"membership_auc": 1, "copies": 1, "closer_share": 1},
}


def refresh_of(root: Path, tables: Mapping[str, object], *, seed: int = 0) -> Refresh:
    said = {"dataset": "shop", "source": "production", "targets": ["staging"], "tables": tables, "gate": GATE}
    return Refresh(zoo_project(root, plan=said), "shop", refresh="r", seed=seed)


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("shop")
    build_shop(folder / "production.db")
    project = zoo_project(folder)
    target = project.resources.databases["staging"]
    authorize("staging", target, target.resolve_url({}), {"production": f"sqlite:///{folder}/production.db"})
    return folder


def test_the_source_keeps_them(root: Path) -> None:
    assert set(broken_rows(root / "production.db").values()) == {0}


@pytest.mark.parametrize("seed", [0, 1])
def test_every_kind_holds_in_every_published_row(root: Path, seed: int) -> None:
    refresh_of(root, {}, seed=seed).run(["staging"])
    assert {name: rows for name, rows in broken_rows(root / "staging.db").items() if rows} == {}
    # What holds in most rows does so too, of totals that are known when all lines are there.
    paid, real = paid_in_full(root / "staging.db"), paid_in_full(root / "production.db")
    assert real == pytest.approx(0.96, abs=0.01)
    assert paid > 0.93


def paid_in_full(path: Path) -> float:
    """The share of sent orders that were."""
    with closing(sqlite3.connect(path)) as connection:
        query = "SELECT avg(round(paid, 2) = round(total, 2)) FROM orders WHERE state IN ('sent', 'back') AND total > 0"
        return float(connection.execute(query).fetchone()[0])


def prepared(root: Path, store: Path, tables: Mapping[str, object]) -> Refresh:
    """A refresh with its own store, up to the profile."""
    (store / "production.db").write_bytes((root / "production.db").read_bytes())
    refresh = refresh_of(store, tables)
    refresh.snapshot()
    refresh.profile()
    return refresh


def held(refresh: Refresh, table: str) -> list[str]:
    artifact = refresh.store.latest("shop", "synthesizer", table)
    assert artifact is not None
    return list(texts_in(artifact.facts["dependencies"]))


def test_the_profile_and_the_synthesizer_say_what_holds(root: Path, tmp_path: Path) -> None:
    refresh = prepared(root, tmp_path, {})
    known = {name: {one.text for one in profile.dependencies} for name, profile in refresh.profiles.items()}
    assert known["customers"] == {
        "orders = count(orders)",
        "spent = sum(orders.total)",
        "one of is_private, is_business, is_public, is_other is set",
        "city -> country",
    }
    assert known["orders"] == {
        "net = sum(lines.amount)",
        "total = net + fee",
        "only known combinations of currency, tax_code, rate",
        "opens_at <= closes_at",
        "opens_at is at full minutes",
        "closes_at is at full minutes",
        "discount <= net",
        "discount <= total",
        "carrier, parcel_grams are NULL together",
        "state -> carrier IS NULL",
    }
    generated(refresh)
    assert set(held(refresh, "orders")) == known["orders"]
    assert {"order_total = orders.total", "price = lines(product_id): products.list_price"} <= set(
        held(refresh, "lines")
    )


def test_without_discovery_only_what_is_declared_holds(root: Path, tmp_path: Path) -> None:
    declared = ["net = sum(lines.amount)", "total = net + fee", {"null_together": ["carrier", "parcel_grams"]}]
    alone = {"discover_dependencies": False}
    refresh = prepared(
        root, tmp_path, {"orders": {**alone, "dependencies": declared}, "customers": alone, "lines": alone}
    )
    assert [one.text for one in refresh.profiles["orders"].dependencies] == [
        "net = sum(lines.amount) (declared)",
        "total = net + fee (declared)",
        "carrier, parcel_grams are NULL together (declared)",
    ]
    assert refresh.profiles["customers"].dependencies == refresh.profiles["lines"].dependencies == ()
    rows = generated(refresh)
    orders, lines = rows["orders"], rows["lines"]
    assert held(refresh, "lines") == held(refresh, "customers") == []
    assert (lines["amount"] != lines["price"] * lines["quantity"]).mean() > 0.2
    net = orders.join(
        lines.group_by("order_id").agg(pl.col("amount").sum()), left_on="id", right_on="order_id", how="left"
    )
    assert (net["net"] == net["amount"].fill_null(0)).all()
    assert (orders["total"] == orders["net"] + orders["fee"]).all()
    assert orders["carrier"].is_null().equals(orders["parcel_grams"].is_null(), check_names=False)


def test_what_the_source_itself_breaks_is_said_and_stops_nothing(root: Path, tmp_path: Path) -> None:
    said = ["age <= orders", "country -> city", "spent = age * orders", {"one_of": ["is_private", "is_business"]}]
    refresh = prepared(root, tmp_path, {"customers": {"dependencies": said}})
    broken = {one.dependency.text: one.broken for one in refresh.profiles["customers"].dependencies if one.declared}
    assert min(broken.values()) > 20
    assert any("source rows break it" in one.text for one in refresh.profiles["customers"].dependencies)
    generated(refresh)
    verdict, _ = refresh.judge()
    warned = {check.name for check in verdict.checks if check.name.endswith("_in_the_source") and not check.passed}
    assert "integrity_holds_age_orders_in_the_source" in warned and len(warned) == 4
    assert not any(check.name in warned for check in verdict.failures)


def test_other_engines_keep_them_too(root: Path, tmp_path: Path) -> None:
    refresh = prepared(root, tmp_path, {name: {"synthesizer": "rules"} for name in ("customers", "orders", "lines")})
    generated(refresh)
    verdict, _ = refresh.judge()
    checks = {(check.table, check.name): check for check in verdict.checks if check.name.startswith("integrity_holds")}
    assert len(checks) > 10
    assert [place for place, check in checks.items() if not check.passed] == []


def test_settled_rows_are_found_again_when_the_snapshot_is_gone(root: Path, tmp_path: Path) -> None:
    refresh = prepared(root, tmp_path, {})
    rows = generated(refresh)
    before = {name: table.fingerprint for name, table in refresh.synthetic_rows.items()}
    drawn = refresh.store.latest("shop", "synthetic", "orders")
    assert drawn is not None and drawn.fingerprint != before["orders"]
    refresh.settle()
    for snapshot in refresh.store.artifacts("shop", stage="snapshot"):
        refresh.store.remove(snapshot)
    again = refresh_of(tmp_path, {})
    assert {name: table.fingerprint for name, table in again.synthetic_rows.items()} == before
    assert again.synthetic_table("orders").read().equals(rows["orders"])
