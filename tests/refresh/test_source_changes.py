"""The source changes, and nobody has thought of the plan."""

import base64
from pathlib import Path

import psycopg
import pytest
import sqlalchemy

from synth_assets.plan.refused import PlanRefused
from synth_assets.plan.resources import ResourcesSettings
from synth_assets.plan.settings import DatasetSettings
from synth_assets.project import Project
from synth_assets.refresh import NewColumnsHeld, RealColumnsHeld, Refresh
from tests.servers import PostgresServer

SCHEMA = """
CREATE TYPE state AS ENUM ('new', 'sent');
CREATE TABLE orders (id INTEGER PRIMARY KEY, state state NOT NULL, code INTEGER NOT NULL, gone INTEGER);
INSERT INTO orders SELECT n, CASE WHEN n % 2 = 0 THEN 'new' ELSE 'sent' END::state, n % 5, n % 3
  FROM generate_series(1, 100) AS n;
"""
CHANGES = """
ALTER TYPE state ADD VALUE 'lost';
ALTER TABLE orders ALTER COLUMN code TYPE TEXT USING 'Jane Doe ' || code;
ALTER TABLE orders DROP COLUMN gone;
"""
REFERENCE = {"mode": "reference", "because": "a public list"}


@pytest.fixture
def url(postgres: PostgresServer) -> str:
    url = postgres.create_database()
    change(url, SCHEMA)
    return url


def change(url: str, script: str) -> None:
    plain = sqlalchemy.make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)
    with psycopg.connect(plain, autocommit=True) as connection:
        for statement in script.split(";\n"):
            connection.execute(statement.encode())


def refresh(root: Path, url: str, name: str, orders: dict[str, object], on_new_column: str = "treat") -> Refresh:
    """A refresh of a dataset with one table."""
    settings = DatasetSettings.model_validate(
        {
            "dataset": "shop",
            "source": "production",
            "targets": ["staging"],
            "on_new_column": on_new_column,
            "tables": {"orders": orders},
        }
    )
    resources = ResourcesSettings.model_validate(
        {
            "databases": {"production": {"role": "source", "url": url}},
            "store": {"url": f"file://{root}/store", "key": base64.b64encode(bytes(32)).decode()},
        }
    )
    project = Project(root=root, environment="test", datasets={"shop": settings}, resources=resources)
    return Refresh(project, "shop", refresh=name)


def after_the_first(root: Path, url: str, orders: dict[str, object], on_new_column: str = "treat") -> Refresh:
    """The second refresh, before it begins; the source has changed since the first."""
    first = refresh(root, url, "first", orders)
    first.snapshot()
    first.profile()
    assert first.changes == ()
    change(url, CHANGES)
    return refresh(root, url, "second", orders, on_new_column)


def test_what_is_new_is_treated_and_told(tmp_path: Path, url: str) -> None:
    second = after_the_first(tmp_path, url, {"mode": "synthetic"})
    second.snapshot()
    assert second.changes == (
        "orders.state: the label 'lost' is new",
        "orders.code: integer became text",
        "orders.gone: the column is gone",
    ), second.changes
    second.profile()
    assert not any(column.lets_real_values_through for column in second.plan.table("orders").columns)


def test_all_of_it_is_held_where_the_plan_says_so(tmp_path: Path, url: str) -> None:
    second = after_the_first(tmp_path, url, {"mode": "synthetic"}, "hold")
    with pytest.raises(NewColumnsHeld, match="'lost' is new") as held:
        second.snapshot()
    assert len(held.value.changes) == 3


@pytest.mark.parametrize("orders", [REFERENCE, REFERENCE | {"mode": "partial"}], ids=["reference", "partial"])
def test_another_type_is_not_let_through(tmp_path: Path, url: str, orders: dict[str, object]) -> None:
    second = after_the_first(tmp_path, url, orders)
    with pytest.raises(RealColumnsHeld, match="orders.code: integer became text") as held:  # noqa: RUF043
        second.snapshot()
    assert len(held.value.changes) == 1
    assert "Jane Doe" not in str(held.value)


def test_a_named_column_that_is_gone_is_refused(tmp_path: Path, url: str) -> None:
    second = after_the_first(tmp_path, url, {"columns": {"gone": {"constant": 1}}})
    with pytest.raises(PlanRefused, match="gone"):
        second.snapshot()
