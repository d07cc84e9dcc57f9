"""Refreshing from the command line: in a project, and from one url to another."""

import json
import sqlite3
import tempfile
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner, Result

from synth_assets.cli import main
from synth_assets.refresh import Refresh
from synth_assets.synthesize.relational.generated import GenerationFailed

CUSTOMERS, ORDERS = 600, 1_800


def run(*arguments: str) -> Result:
    return CliRunner().invoke(main, list(arguments), env={"COLUMNS": "200"})


def build(path: Path) -> None:
    """Customers and their orders; premium customers order more, and for more."""
    rng = np.random.default_rng(1)
    premium = rng.random(CUSTOMERS) < 0.4
    owner = np.sort(rng.choice(CUSTOMERS, ORDERS, p=(1 + 2 * premium) / (1 + 2 * premium).sum()))
    amount = np.round(rng.lognormal(3 + premium[owner], 0.4), 2)
    with sqlite3.connect(path) as connection:
        connection.executescript(
            """
            CREATE TABLE customers (id INTEGER PRIMARY KEY, email VARCHAR(80) NOT NULL UNIQUE,
                                    level VARCHAR(10) NOT NULL);
            CREATE TABLE orders (id INTEGER PRIMARY KEY, customer_id INTEGER NOT NULL REFERENCES customers (id),
                                 amount NUMERIC(10, 2) NOT NULL CHECK (amount > 0));
            """
        )
        levels = np.where(premium, "premium", "basic").tolist()
        emails = [f"person{i}@mail{i % 7}.test" for i in range(CUSTOMERS)]
        connection.executemany("INSERT INTO customers (email, level) VALUES (?, ?)", zip(emails, levels, strict=True))
        rows = zip((owner + 1).tolist(), amount.tolist(), strict=True)
        connection.executemany("INSERT INTO orders (customer_id, amount) VALUES (?, ?)", rows)
    connection.close()


def query(path: Path, sql: str) -> list[tuple[object, ...]]:
    connection = sqlite3.connect(path)
    rows = connection.execute(sql).fetchall()
    connection.close()
    return rows


@pytest.fixture
def source(tmp_path: Path) -> Path:
    path = tmp_path / "production.db"
    build(path)
    return path


@pytest.fixture
def project(tmp_path: Path, source: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project of `synth-assets init`, with its urls filled in."""
    folder = tmp_path / "project"
    assert run("init", str(folder)).exit_code == 0
    monkeypatch.setenv("PRODUCTION_DATABASE_URL", f"sqlite:///{source}")
    monkeypatch.setenv("STAGING_DATABASE_URL", f"sqlite:///{folder}/staging.db")
    monkeypatch.setenv("SYNTH_STORE_KEY", "a passphrase for tests only")
    monkeypatch.setenv("SYNTH_PROJECT", str(folder))
    return folder


def test_from_one_url_to_another(source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(temporary))
    monkeypatch.chdir(tmp_path)
    target, before = tmp_path / "staging.db", source.read_bytes()
    urls = ("--from", f"sqlite:///{source}", "--to", f"sqlite:///{target}")

    first = run("refresh", *urls)

    assert first.exit_code == 0, first.output
    assert f"published 2 tables, {CUSTOMERS + ORDERS:,} rows" in first.stdout
    assert "shape" in first.stdout
    assert "data-docs" not in first.stdout
    assert "✓ publish" in first.stderr
    assert query(target, "PRAGMA foreign_key_check") == []
    assert query(target, "SELECT count(*), count(DISTINCT email) FROM customers") == [(CUSTOMERS, CUSTOMERS)]
    real = {email for (email,) in query(source, "SELECT email FROM customers")}
    assert real.isdisjoint(email for (email,) in query(target, "SELECT email FROM customers"))
    assert source.read_bytes() == before
    assert list(temporary.iterdir()) == []
    (report,) = tmp_path.glob("synth-assets-production-*.html")
    assert f"the report, for whoever signs it off: {report}" in first.stdout
    page = report.read_text(encoding="utf-8")
    assert "<title>production: passed" in page
    assert "data-docs" not in page

    again = run("refresh", *urls, "--seed", "5", "--report", "second.html")
    assert again.exit_code == 0, again.output
    assert str(tmp_path / "second.html") in again.stdout
    assert "<title>production: passed" in (tmp_path / "second.html").read_text(encoding="utf-8")
    assert "is kept to roll back to" in again.stdout


def test_a_target_with_tables_that_no_refresh_made_is_refused(source: Path, tmp_path: Path) -> None:
    target = tmp_path / "mine.db"
    with sqlite3.connect(target) as connection:
        connection.execute("CREATE TABLE notes (text TEXT)")
    connection.close()
    before = target.read_bytes()
    result = run("refresh", "--from", f"sqlite:///{source}", "--to", f"sqlite:///{target}")
    assert result.exit_code == 1
    assert "tables that no refresh made: notes" in result.stderr
    assert target.read_bytes() == before


def test_a_target_that_is_the_source_under_another_name_is_refused(source: Path, tmp_path: Path) -> None:
    (tmp_path / "other.db").symlink_to(source)
    before = source.read_bytes()
    result = run("refresh", "--from", f"sqlite:///{source}", "--to", f"sqlite:///{tmp_path}/other.db")
    assert result.exit_code == 1
    assert "the same database as the source" in result.stderr
    assert source.read_bytes() == before


def test_a_source_that_is_not_there_leaves_no_target_behind(tmp_path: Path) -> None:
    result = run("refresh", "--from", f"sqlite:///{tmp_path}/no.db", "--to", f"sqlite:///{tmp_path}/out.db")
    assert result.exit_code == 1
    assert "no.db" in result.stderr
    assert list(tmp_path.iterdir()) == []


def test_a_refresh_that_fails_leaves_no_target_behind(
    source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("synth_assets.refresh.Refresh.judge", lambda self: 1 / 0)
    result = run("refresh", "--from", f"sqlite:///{source}", "--to", f"sqlite:///{tmp_path}/out.db")
    assert result.exit_code == 1
    assert "ZeroDivisionError" in result.stderr
    assert "Traceback" not in result.output
    assert [path.name for path in tmp_path.iterdir()] == ["production.db"]
    Path(result.stderr.split("See ")[1].split(",")[0]).unlink()


def test_what_is_to_be_done_in_a_plan_says_where_there_is_none_how_to_make_one(
    source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(self: Refresh) -> None:
        raise GenerationFailed("orders", ("amount",), "nothing fits.", "Give it a constant in the plan.")

    monkeypatch.setattr("synth_assets.refresh.Refresh.judge", refused)
    result = run("refresh", "--from", f"sqlite:///{source}", "--to", f"sqlite:///{tmp_path}/out.db")
    assert result.exit_code == 1
    assert "Next: Give it a constant in the plan. --from and --to have no plan: " in result.stderr
    assert (
        "`synth-assets init my-project --dataset production` makes a project; its plan is plans/prod" in result.stderr
    )


def test_a_target_without_a_name_is_called_the_target(source: Path) -> None:
    result = run("refresh", "--from", f"sqlite:///{source}", "--to", f"sqlite:///{source}")
    assert result.exit_code == 1
    assert "✗ The target is refused: " in result.stderr
    assert "target target" not in result.stderr.lower()


def test_a_server_that_does_not_answer_is_named_without_its_password(tmp_path: Path) -> None:
    url = "postgresql://reader:very-secret@127.0.0.1:1/shop"
    result = run("refresh", "--from", url, "--to", f"sqlite:///{tmp_path}/out.db")
    assert result.exit_code == 1
    assert "127.0.0.1:1/shop" in result.stderr
    assert "very-secret" not in result.output
    assert list(tmp_path.iterdir()) == []


def test_a_project_from_plan_to_publication(project: Path, source: Path) -> None:
    target = project / "staging.db"

    plan = run("plan")
    assert plan.exit_code == 0, plan.output
    assert "fake email, unique" in plan.stdout
    assert "→ customers.id" in plan.stdout
    assert "No real value reaches the targets." in plan.stdout
    assert "catalogs/shop.json is new" in plan.stdout
    assert not target.exists()

    refused = run("refresh", "--dataset", "shop")
    assert refused.exit_code == 1
    assert "synth-assets authorize staging" in refused.stderr
    assert not (project / ".synth" / "shop").exists()

    target.touch()
    refused = run("refresh", "--dataset", "shop")
    assert refused.exit_code == 1
    assert "has not been authorized" in refused.stderr
    assert not (project / ".synth" / "shop").exists()

    assert run("authorize", "staging").exit_code == 0
    assert "nothing of this dataset" in run("status").stdout

    refreshed = run("refresh", "--dataset", "shop", "--target", "staging")
    assert refreshed.exit_code == 0, refreshed.output
    assert query(target, "SELECT count(*) FROM orders") == [(ORDERS,)]
    assert Path(refreshed.stdout.partition("page by page: ")[2].strip()).name == "index.html"

    status = run("status", "--dataset", "shop").stdout
    assert "passed" in status
    assert f"{CUSTOMERS + ORDERS:,}" in status

    assert "catalogs/shop.json is up to date." in run("plan").stdout
    assert run("plan", "--diff").stdout.count("as it was") == 2
    with sqlite3.connect(source) as connection:
        connection.execute("ALTER TABLE customers ADD COLUMN nickname TEXT")
    connection.close()
    plan = project / "plans" / "shop.yaml"
    plan.write_text(plan.read_text() + "\ngate: {fidelity: {shape: 0.999}}\n")
    difference = run("plan", "--diff").stdout
    assert "gate.fidelity.shape: 0.90 became 0.999" in difference
    assert "customers.nickname: the column is new (TEXT, may be null)" in difference
    assert "customers.nickname: fake" in difference or "customers.nickname: new" in difference
    assert "customers.email" not in difference
    drifted = run("plan", "--dataset", "shop")
    assert "is updated" in drifted.stdout
    assert "nickname" in drifted.stdout


def test_a_failed_check_is_shown_and_nothing_is_published(project: Path) -> None:
    assert run("authorize", "staging").exit_code == 0
    impossible = {"type": "expect_column_max_to_be_between", "kwargs": {"column": "id", "max_value": -1}}
    suite = project / "expectations" / "shop" / "customers.json"
    suite.parent.mkdir(parents=True, exist_ok=True)
    suite.write_text(json.dumps({"name": "customers", "expectations": [impossible]}))
    before = (project / "staging.db").read_bytes()
    result = run("refresh", "--dataset", "shop")
    assert result.exit_code == 1
    assert "✗ check" in result.stderr
    assert "rule_column_max_to_be_between_id" in result.stderr
    assert "page by page: " in result.stderr
    assert "Nothing was published" in result.stderr
    assert "lower the plan's `gate:`" in result.stderr
    assert (project / "staging.db").read_bytes() == before
    assert "failed" in run("status").stdout


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("refresh", "--dataset", "shp"), "did you mean 'shop'?"),
        (("refresh", "--dataset", "shop", "--target", "stagin"), "did you mean 'staging'?"),
        (("plan", "--dataset", "shp"), "did you mean 'shop'?"),
        (("status", "--dataset", "shp"), "did you mean 'shop'?"),
        (("authorize", "stagin"), "did you mean 'staging'?"),
    ],
)
def test_a_misspelt_name_is_wrong_usage(project: Path, arguments: tuple[str, ...], says: str) -> None:
    result = run(*arguments)
    assert result.exit_code == 2
    assert says in result.stderr


def test_a_misspelt_key_is_refused_with_its_line(project: Path) -> None:
    path = project / "plans" / "shop.yaml"
    path.write_text("dataset: shop\nsource: production\ntargets: [staging]\nshedule: '@daily'\n")
    result = run("plan")
    assert result.exit_code == 1
    assert "plans/shop.yaml" in result.stderr
    assert "4" in result.stderr
    assert "schedule" in result.stderr


def test_a_source_is_never_authorized(project: Path, source: Path) -> None:
    before = source.read_bytes()
    result = run("authorize", "production")
    assert result.exit_code == 1
    assert "its role is source" in result.stderr
    assert source.read_bytes() == before


def test_a_folder_without_a_project_is_named(tmp_path: Path) -> None:
    result = run("plan", "--project", str(tmp_path))
    assert result.exit_code == 1
    assert "is not a project" in result.stderr


def test_variables_of_the_project_s_env_file_count_unless_the_environment_sets_them(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SYNTH_STORE_KEY", "x")
    assert "fewer than 12 characters" in run("status").stderr
    monkeypatch.delenv("SYNTH_STORE_KEY")
    assert run("status").exit_code == 0
