"""Going back to the refresh before, from the command line."""

from pathlib import Path

import polars as pl
import pytest
from click.testing import CliRunner, Result

from synth_assets.catalog.connection import open_engine
from synth_assets.catalog.reflect import reflect
from synth_assets.cli import main
from synth_assets.publish.authorize import authorize
from synth_assets.publish.publish import history
from tests.publish.parts import dataset, settings

RESOURCES = """
databases:
  production: {role: source, url: "sqlite:///production.db"}
  staging: {role: target, environment: staging, url: "sqlite:///staging.db"}
  spare: {role: target, environment: staging, url: "sqlite:///spare.db"}
"""


def run(*arguments: str) -> Result:
    return CliRunner().invoke(main, list(arguments), env={"COLUMNS": "200", "SYNTH_STORE_KEY": "A" * 43 + "="})


@pytest.fixture
def staging(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """A project of two datasets, and its target in which two refreshes of shop were published."""
    (tmp_path / "plans").mkdir()
    (tmp_path / "resources").mkdir()
    (tmp_path / "resources" / "local.yaml").write_text(RESOURCES)
    (tmp_path / "plans" / "shop.yaml").write_text("{dataset: shop, source: production, targets: [staging]}")
    (tmp_path / "plans" / "bank.yaml").write_text("{dataset: bank, source: production, targets: [staging, spare]}")
    monkeypatch.chdir(tmp_path)
    source, target = f"sqlite:///{tmp_path}/production.db", f"sqlite:///{tmp_path}/staging.db"
    with open_engine(source, create=True).begin() as connection:
        connection.exec_driver_sql("CREATE TABLE t (n INTEGER)")
    authorize("staging", settings(), target, {})
    for number in (1, 2):
        made = dataset(reflect(open_engine(source)), {"t": pl.DataFrame({"n": [number]})}, refresh=f"r{number}")
        made.publish(target)
    return target


def test_what_the_target_keeps_comes_back_without_the_store(staging: str) -> None:
    done = CliRunner().invoke(
        main, ["rollback", "--target", "staging", "--dataset", "shop"], env={"SYNTH_STORE_KEY": None}
    )
    assert done.exit_code == 0, done.stderr
    assert history("staging", staging)[0].refresh == "r1"


def test_the_refresh_before_is_live_again(staging: str) -> None:
    status = run("status", "--dataset", "shop").stdout
    assert "r2" in status
    assert "refresh r1 is kept to roll back to" in status
    done = run("rollback", "--target", "staging", "--dataset", "shop", "--to", "r1")
    assert done.exit_code == 0, done.stderr
    assert "refresh r1 of shop is live again; r2 is kept" in done.stdout
    newest = history("staging", staging)[0]
    assert (newest.refresh, newest.action) == ("r1", "rollback")
    with open_engine(staging).connect() as connection:
        assert connection.exec_driver_sql("SELECT n FROM t").scalar() == 1
    assert "refresh r2 is kept" in run("status", "--dataset", "shop").stdout


def test_only_a_refresh_that_is_kept_comes_back(staging: str) -> None:
    refused = run("rollback", "--target", "staging", "--dataset", "shop", "--to", "r0")
    assert refused.exit_code == 1
    assert "refresh r0 is not kept there: r2 is live, r1 is kept" in refused.stderr
    assert [entry.refresh for entry in history("staging", staging)] == ["r2", "r1"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--target", "stagin", "--dataset", "shop"), "did you mean 'staging'?"),
        (("--target", "spare", "--dataset", "shop"), "'spare' is no target of 'shop'"),
        (("--target", "staging"), "say --dataset bank or shop"),
    ],
)
def test_wrong_usage_says_what_is_right(staging: str, arguments: tuple[str, ...], message: str) -> None:
    refused = run("rollback", *arguments)
    assert refused.exit_code == 2
    assert message in refused.stderr


def test_without_a_refresh_before_the_next_step_is_named(staging: str) -> None:
    authorize("spare", settings(), staging.replace("staging.db", "spare.db"), {})
    refused = run("rollback", "--target", "spare", "--dataset", "bank")
    assert refused.exit_code == 1
    assert "Dataset bank in target spare cannot be rolled back: " in refused.stderr
    assert "Next: " in refused.stderr
    assert "synth-assets refresh --dataset bank --target spare" in refused.stderr


def test_any_refresh_whose_rows_are_in_the_store_comes_back(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "plans").mkdir()
    (tmp_path / "resources").mkdir()
    store = 'store: {url: "file://.synth", key: {env: SYNTH_STORE_KEY}, keep_refreshes: 3}'
    (tmp_path / "resources" / "local.yaml").write_text(RESOURCES + store)
    plan = "{dataset: shop, source: production, targets: [staging], tables: {t: {mode: reference, because: numbers}}}"
    (tmp_path / "plans" / "shop.yaml").write_text(plan)
    monkeypatch.chdir(tmp_path)
    source, target = f"sqlite:///{tmp_path}/production.db", f"sqlite:///{tmp_path}/staging.db"
    with open_engine(source, create=True).begin() as connection:
        connection.exec_driver_sql("CREATE TABLE t (n INTEGER PRIMARY KEY)")
    assert run("authorize", "staging").exit_code == 0
    for number in (1, 2, 3, 4):
        with open_engine(source).begin() as connection:
            if number == 3:
                connection.exec_driver_sql("ALTER TABLE t ADD COLUMN more INTEGER")
            connection.exec_driver_sql(f"INSERT INTO t (n) VALUES ({number})")
        assert run("plan", "--dataset", "shop").exit_code == 0
        done = run("refresh", "--dataset", "shop")
        assert done.exit_code == 0, done.output
    fourth, third, second, first = [entry.refresh for entry in history("staging", target)]
    assert f"refresh {third} is kept to roll back to; in the store: {second}" in run("status").stdout
    gone = run("rollback", "--target", "staging", "--to", first)
    assert gone.exit_code == 1 and f"{first} is not kept there" in gone.stderr
    live = run("rollback", "--target", "staging", "--to", fourth)
    assert live.exit_code == 1 and f"{fourth} is live" in live.stderr
    assert [entry.refresh for entry in history("staging", target)] == [fourth, third, second, first]
    back = run("rollback", "--target", "staging", "--to", second)
    assert back.exit_code == 0, back.output
    assert f"refresh {second} of shop is live again; {fourth} is kept" in back.stdout
    with open_engine(target).connect() as connection:
        assert connection.exec_driver_sql("SELECT * FROM t ORDER BY n").fetchall() == [(1,), (2,)]
    assert history("staging", target)[0].refresh == second
