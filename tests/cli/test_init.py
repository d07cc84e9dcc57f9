"""A new project is complete, private, and never overwrites anything."""

from pathlib import Path

import pytest
from click.testing import CliRunner
from dotenv import dotenv_values

from synth_assets.cli import main
from synth_assets.project import load_project
from synth_assets.store.key import parse_key

ROOT = Path(__file__).parents[2]


def init(*arguments: str) -> str:
    result = CliRunner().invoke(main, ["init", *arguments])
    assert result.exit_code == 0, result.output
    return result.output


def contents(folder: Path) -> dict[str, str]:
    return {p.relative_to(folder).as_posix(): p.read_text() for p in folder.rglob("*") if p.is_file()}


def test_a_new_project_is_one(tmp_path: Path) -> None:
    folder = tmp_path / "new"
    output = init(str(folder), "--dataset", "bank")
    project = load_project(folder, environment="local")
    assert list(project.datasets) == ["bank"]
    assert {name: d.role for name, d in project.resources.databases.items()} == {
        "production": "source",
        "staging": "target",
    }
    variables = dotenv_values(folder / ".env")
    assert set(variables) == {"SYNTH_STORE_KEY", "PRODUCTION_DATABASE_URL", "STAGING_DATABASE_URL"}
    assert len(parse_key(variables["SYNTH_STORE_KEY"] or "")) == 32
    assert (folder / ".env").stat().st_mode & 0o077 == 0
    assert ".env" in (folder / ".gitignore").read_text().splitlines()
    assert "synth-assets refresh --dataset bank" in output
    assert variables["SYNTH_STORE_KEY"] not in output


def test_the_commented_part_of_the_plan_is_valid(tmp_path: Path) -> None:
    init(str(tmp_path), "--dataset", "bank")
    plan = tmp_path / "plans" / "bank.yaml"
    lines = [
        line.removeprefix("# ") if line.startswith(("# tables", "#   ", "# gate")) else line
        for line in plan.read_text().splitlines()
    ]
    plan.write_text("\n".join(lines))
    assert set(load_project(tmp_path, environment="local").datasets["bank"].tables) == {
        "customers",
        "payments",
        "countries",
        "audit_log",
    }


def test_a_second_time_keeps_everything(tmp_path: Path) -> None:
    init(str(tmp_path))
    (tmp_path / "plans" / "shop.yaml").write_text("dataset: mine\n")
    before = contents(tmp_path)
    output = init(str(tmp_path))
    assert contents(tmp_path) == before
    assert "written" not in output


def test_a_key_is_added_to_what_is_there_once(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("OTHER=1")
    (tmp_path / ".gitignore").write_text(".env\ndist/")
    init(str(tmp_path), "--key-only")
    first = contents(tmp_path)
    assert list(dotenv_values(tmp_path / ".env")) == ["OTHER", "SYNTH_STORE_KEY"]
    init(str(tmp_path), "--key-only")
    assert contents(tmp_path) == first
    init(str(tmp_path))
    assert (tmp_path / ".gitignore").read_text().splitlines() == [".env", "dist/", ".synth/", ".dagster/"]


def test_an_unwritable_folder_is_a_clear_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    result = CliRunner().invoke(main, ["init", str(tmp_path / "file" / "below")])
    assert result.exit_code == 1
    assert "cannot be written" in result.stderr


@pytest.mark.parametrize("name", ["workspace.yaml", "dagster_cloud.yaml", "dagster.yaml"])
def test_dagster_s_files_are_those_of_the_repository(name: str, tmp_path: Path) -> None:
    init(str(tmp_path))
    assert (tmp_path / name).read_bytes() == (ROOT / name).read_bytes()
