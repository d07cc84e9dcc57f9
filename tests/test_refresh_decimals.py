"""Numbers that polars has no type for: PostgreSQL's `numeric` without a precision, and decimals beyond 38 digits."""

from pathlib import Path

from synth_assets.publish.authorize import authorize
from synth_assets.refresh import Refresh
from tests.publish.postgres_shop import rows_of, run_in
from tests.servers import PostgresServer
from tests.zoo import zoo_project

BILLS = """
CREATE TABLE bills (
  id int PRIMARY KEY, pieces numeric NOT NULL, price numeric, huge numeric, wide numeric(65,30), nothing numeric,
  ratio numeric CHECK (ratio >= 0), special numeric);
INSERT INTO bills SELECT n, n % 7 + 1, CASE WHEN n % 5 = 0 THEN NULL ELSE round((n * 37 % 1000)::numeric / 100, 2) END,
  10::numeric ^ 45 + n, n * 1.000000000000000000000000000001, NULL, n / 7.0,
  CASE WHEN n % 100 = 0 THEN 'NaN'::numeric ELSE n END
FROM generate_series(1, 300) AS n;
CREATE TABLE rates (id int PRIMARY KEY, rate numeric, exact numeric, huge numeric(65,30));
INSERT INTO rates VALUES (1, 1.5, 1.00, 12345678901234567890123456789012345.000000000000000000000000000001),
  (2, 1.50, -2.25, NULL), (3, 'NaN', 0.10, 0), (4, NULL, NULL, -1)
"""
SCALES = "SELECT max(scale(pieces)), max(scale(price)), max(scale(wide)), max(scale(special)) FROM bills"


def test_numbers_without_a_type_of_polars_come_out_as_numbers(postgres: PostgresServer, tmp_path: Path) -> None:
    urls = {"production": postgres.create_database(), "staging": postgres.create_database()}
    run_in(urls["production"], BILLS)
    plan = {
        "dataset": "zoo",
        "source": "production",
        "targets": ["staging"],
        "tables": {"rates": {"mode": "reference", "because": "public"}},
        "gate": {"fidelity": {"shape": 0.6, "trend": 0.5}},
    }
    project = zoo_project(tmp_path, plan=plan, urls=urls)
    authorize("staging", project.resources.databases["staging"], urls["staging"], {"production": urls["production"]})
    Refresh(project, "zoo", refresh="first").run(["staging"])
    source, target = urls["production"], urls["staging"]
    # Reference tables keep the very digits, with the zeros that they are written with.
    copied = "SELECT id, rate::text, exact::text, huge::text FROM rates ORDER BY id"
    assert rows_of(target, copied) == rows_of(source, copied)
    # Generated numbers have the source's scale, its NULLs, and lie where its numbers lie.
    assert rows_of(target, SCALES) == rows_of(source, SCALES) == [(0, 2, 30, 0)]
    [(rows, nulls, filled)] = rows_of(target, "SELECT count(*), count(*) - count(price), count(nothing) FROM bills")
    assert 0.1 < nulls / rows < 0.3
    assert filled == 0
    [(pieces, prices, least, most)] = rows_of(
        target, "SELECT count(DISTINCT pieces), count(DISTINCT price), min(huge), max(huge) FROM bills"
    )
    assert pieces == 7
    assert prices > 50
    assert 10**45 <= least <= most <= 10**45 + 2**100
    [(closest, furthest)] = rows_of(target, "SELECT min(ratio), max(ratio) FROM bills")
    assert 0 <= closest < 10 < 30 < furthest < 44
