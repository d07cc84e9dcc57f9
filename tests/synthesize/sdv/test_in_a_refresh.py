"""SDV's engines inside a refresh: keys, references, rules and refusals are those of the relational layer."""

import base64
import random
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import polars as pl
import pytest

from synth_assets.project import load_project
from synth_assets.refresh import Refresh
from synth_assets.synthesize.sdv.errors import EngineRefused, OptionRefused

SCHEMA = """
CREATE TABLE customers (id INTEGER PRIMARY KEY, email TEXT NOT NULL UNIQUE, kind TEXT NOT NULL, points INTEGER);
CREATE TABLE products (code TEXT PRIMARY KEY, price DECIMAL(8, 2) NOT NULL CHECK (price > 0));
CREATE TABLE orders (
    id INTEGER PRIMARY KEY, customer INTEGER NOT NULL REFERENCES customers (id),
    product TEXT REFERENCES products (code), placed DATE NOT NULL, status VARCHAR(10) NOT NULL, note TEXT
);
"""
PLAN = "dataset: small\nsource: production\ntargets: [staging]\nprivacy: {min_group: 3}\n"
RefreshOf = Callable[[str], Refresh]


@pytest.fixture
def refresh_of(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> RefreshOf:
    """A refresh of a project of three small tables whose plan says so about them."""
    monkeypatch.setenv("SYNTH_STORE_KEY", base64.b64encode(bytes(range(32))).decode())
    monkeypatch.delenv("SYNTH_ENV", raising=False)
    _make_source(tmp_path / "production.db")

    def build(tables: str) -> Refresh:
        for name in ("plans", "resources"):
            (tmp_path / name).mkdir(exist_ok=True)
        (tmp_path / "plans" / "small.yaml").write_text(f"{PLAN}tables: {tables}\n")
        (tmp_path / "resources" / "local.yaml").write_text(
            "databases:\n"
            '  production: {role: source, url: "sqlite:///production.db"}\n'
            '  staging: {role: target, environment: staging, url: "sqlite:///staging.db"}\n'
            'store: {url: "file://.synth", key: {env: SYNTH_STORE_KEY}}\n'
        )
        return Refresh(load_project(tmp_path), "small", refresh="r")

    return build


def _make_source(path: Path) -> None:
    rng = random.Random(7)
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.executescript(SCHEMA)
        fill = connection.executemany
        customers = [(at, f"c{at}@example.org", rng.choice(["a", "b"]), rng.randint(0, 99)) for at in range(1, 61)]
        fill("INSERT INTO customers VALUES (?, ?, ?, ?)", customers)
        fill("INSERT INTO products VALUES (?, ?)", [(f"P-{at:03}", at + 0.5) for at in range(1, 31)])
        orders = [
            (
                at,
                rng.randint(1, 60),
                f"P-{rng.randint(1, 30):03}" if rng.random() < 0.9 else None,
                f"2024-{rng.randint(1, 12):02}-{rng.randint(1, 28):02}",
                rng.choice(["new", "paid"]),
                None if rng.random() < 0.5 else f"ring {rng.randint(100, 999)}",
            )
            for at in range(1, 181)
        ]
        fill("INSERT INTO orders VALUES (?, ?, ?, ?, ?, ?)", orders)


def _generated(refresh: Refresh) -> dict[str, pl.DataFrame]:
    refresh.snapshot()
    refresh.profile()
    for group in refresh.groups:
        refresh.fit(group)
    for group in refresh.groups:
        refresh.generate(group)
    return {name: rows.read() for name, rows in refresh.synthetic_rows.items()}


def _check_rows(made: dict[str, pl.DataFrame]) -> None:
    assert 50 <= made["customers"].height <= 70
    assert 150 <= made["orders"].height <= 210
    for table, key in (("customers", "id"), ("customers", "email"), ("products", "code"), ("orders", "id")):
        assert made[table][key].is_unique().all()
    assert made["orders"]["customer"].is_in(made["customers"]["id"].implode()).all()
    product = made["orders"]["product"]
    assert product.drop_nulls().is_in(made["products"]["code"].implode()).all()
    assert 0 < product.null_count() < 60
    assert 0 < made["orders"]["note"].null_count() < made["orders"].height
    assert (made["products"]["price"] > 0).all()
    real = {f"c{at}@example.org" for at in range(1, 61)}
    assert not real & set(made["customers"]["email"])
    assert set(made["orders"]["status"].unique()) == {"new", "paid"}


def test_hma_for_the_whole_dataset(refresh_of: RefreshOf) -> None:
    tables = "{customers: {synthesizer: hma}, products: {synthesizer: hma}, orders: {synthesizer: hma}}"
    refresh = refresh_of(tables)
    made = _generated(refresh)
    _check_rows(made)
    assert all(outcome.reused for group in refresh.groups for outcome in refresh.generate(group).values())
    again = _generated(Refresh(refresh.project, "small", refresh="s"))
    for name, rows in made.items():
        assert rows.equals(again[name])


def test_several_engines_in_one_graph(refresh_of: RefreshOf) -> None:
    tables = (
        "{customers: {synthesizer: gaussian_copula}, products: {synthesizer: {name: tvae, options: {epochs: 1}}}, "
        "orders: {synthesizer: {name: par, options: {epochs: 1}}}}"
    )
    _check_rows(_generated(refresh_of(tables)))


@pytest.mark.parametrize(
    ("tables", "message"),
    [
        ("{customers: {synthesizer: par}}", "customers has no foreign key to another table"),
        ("{customers: {synthesizer: hma}}", "orders is to be learned by trees, and HMA learns all tables or none"),
        (
            "{customers: {synthesizer: hma}, products: {synthesizer: hma}, orders: {synthesizer: hma, scale: 2}}",
            "different scales",
        ),
    ],
)
def test_refused_before_a_row_is_read(refresh_of: RefreshOf, tables: str, message: str) -> None:
    refresh = refresh_of(tables)
    with pytest.raises(EngineRefused, match=message) as caught:
        refresh.snapshot()
    assert "synthesizer: trees" in caught.value.next_step
    assert not refresh.store.artifacts("small")


def test_an_option_that_does_not_exist_is_refused_before_a_row_is_read(refresh_of: RefreshOf) -> None:
    refresh = refresh_of("{customers: {synthesizer: {name: ctgan, options: {epoch: 3}}}}")
    with pytest.raises(OptionRefused, match="'epoch' does not exist; did you mean 'epochs'") as caught:
        refresh.snapshot()
    assert caught.value.table == "customers"
    assert not refresh.store.artifacts("small")
