"""The whole chain out of a dialect that nothing here knows, and into it, twice."""

import sqlite3
from pathlib import Path

from synth_assets.publish.authorize import authorize
from synth_assets.publish.publish import history
from synth_assets.refresh import Refresh
from tests.faults.refreshes import PLAN, build_source
from tests.plain_dialect import plain_url
from tests.publish.parts import catalog_of, settings
from tests.zoo import zoo_project


def test_from_an_unknown_dialect_into_it(tmp_path: Path) -> None:
    build_source(tmp_path)
    sqlite3.connect(tmp_path / "staging.db").close()
    urls = {name: plain_url(tmp_path / f"{name}.db") for name in ("production", "staging")}
    authorize("staging", settings(), urls["staging"], {"production": urls["production"]})
    for seed, name in enumerate(("first", "second")):
        Refresh(zoo_project(tmp_path, plan=PLAN | {"seed": seed}, urls=urls), "zoo", refresh=name).run(["staging"])
    assert [entry.refresh for entry in history("staging", urls["staging"])] == ["second", "first"]
    assert catalog_of(urls["staging"]).table_names == ("customers", "orders", "regions")
    connection = sqlite3.connect(tmp_path / "staging.db")
    joined = (
        "SELECT count(*) FROM orders o JOIN customers c ON c.id = o.customer_id JOIN regions r ON r.code = c.region"
    )
    assert connection.execute(joined).fetchone() == connection.execute("SELECT count(*) FROM orders").fetchone()
    connection.close()
