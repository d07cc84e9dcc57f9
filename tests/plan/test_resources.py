import os
from pathlib import Path

import pytest

from synth_assets.plan.key_command import KeyCommandFailed
from synth_assets.plan.resources import DatabaseSettings, MissingVariable, ResourcesSettings
from synth_assets.plan.urls import anchored
from synth_assets.plan.yaml_source import SettingsInvalid, read_settings, read_yaml

LOCAL = """
databases:
  production: {role: source, url: "sqlite:///demo/production.db"}
  staging:    {role: target, environment: staging, url: "sqlite:///demo/staging.db", schema: main}
  dev:        {role: target, environment: dev, url: {env: DEV_DATABASE_URL}}
store: {url: "file://.synth", key: {env: SYNTH_STORE_KEY}, keep_refreshes: 3, keep_snapshots: 1}
compute: {kind: local, workers: 4}
"""


def read(tmp_path: Path, text: str) -> ResourcesSettings:
    path = tmp_path / "local.yaml"
    path.write_text(text)
    file = "resources/local.yaml"
    return read_settings(read_yaml(path, file=file), ResourcesSettings, context={"file": file, "root": tmp_path})


def test_relative_paths_start_at_the_project(tmp_path: Path) -> None:
    resources = read(tmp_path, LOCAL)
    assert resources.databases["production"].resolve_url({}) == f"sqlite:///{tmp_path}/demo/production.db"
    assert (
        resources.databases["dev"].resolve_url({"DEV_DATABASE_URL": "sqlite:///x.db"}) == f"sqlite:///{tmp_path}/x.db"
    )
    assert resources.store.resolve_url({}) == f"file://{tmp_path}/.synth"
    assert resources.databases["staging"].namespace == "main"
    assert (resources.store.keep_refreshes, resources.store.keep_snapshots, resources.compute.workers) == (3, 1, 4)


def test_everything_but_databases_has_a_default(tmp_path: Path) -> None:
    resources = read(tmp_path, "databases: {}\n")
    assert resources.store.resolve_url({}) == f"file://{tmp_path}/.synth"
    assert resources.store.resolve_key({"SYNTH_STORE_KEY": "k"}) == "k"
    assert (resources.store.keep_refreshes, resources.store.keep_snapshots) == (5, 0)


@pytest.mark.parametrize("environ", [{}, {"DEV_DATABASE_URL": ""}])
def test_a_missing_variable_is_named_with_its_file(tmp_path: Path, environ: dict[str, str]) -> None:
    with pytest.raises(MissingVariable) as missing:
        read(tmp_path, LOCAL).databases["dev"].resolve_url(environ)
    assert missing.value.variable == "DEV_DATABASE_URL"
    assert "resources/local.yaml" in str(missing.value)


def test_secrets_are_never_printed(tmp_path: Path) -> None:
    database = DatabaseSettings.model_validate({"role": "source", "url": "postgresql://u:hunter2@host/db"})
    assert database.resolve_url({}) == "postgresql://u:hunter2@host/db"
    printed = [repr(database), str(database), database.model_dump_json(), repr(database.model_dump())]
    assert not any("hunter2" in text for text in printed)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('databases: {a: {role: source, url: "postgresql://u:hunter2@h/d"}}', "write {env: DATABASE_URL}"),
        ('databases: {a: {role: source, url: "mysql://h/d?password=hunter2"}}', "write {env: DATABASE_URL}"),
        ("store: {key: hunter2}", "write {env: SYNTH_STORE_KEY}"),
        ("store: {old_key: hunter2}", "write {env: SYNTH_STORE_KEY}"),
        ("store: {key: {env: A, command: [b]}}", "{command: [...]} for what prints it"),
        ("databases: {a: {role: source, url: {command: [b]}}}", "unknown key 'command'"),
        ("databases: {a: {role: source, url: {env: 'postgresql://u:hunter2@h/d'}}}", "is not of the form"),
        ("databases: {a: {role: source, url: {}}}", "write the text itself, or {env: NAME}"),
        ("databases: {a: {role: source, url: {evn: X}}}", "unknown key 'evn'; did you mean 'env'?"),
        ("databases: {a: {role: target, url: 'sqlite:///a.db'}}", "a target must name its `environment`"),
        ("databases: {a: {role: sauce, url: 'sqlite:///a.db'}}", "unknown role 'sauce'; did you mean 'source'?"),
        ("databases: {a: {role: source, url: 'sqlite:///a.db', shema: x}}", "did you mean 'schema'?"),
        ("databases: {a b: {role: source, url: 'sqlite:///a.db'}}", "letters, digits and underscores"),
        ("compute: {kind: dask}", "not available in this version; use local"),
        ("compute: {workers: 0}", "`compute.workers` must be at least 1"),
        ("stroe: {}", "did you mean 'store'?"),
    ],
)
def test_what_is_refused_and_never_repeated(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(SettingsInvalid) as refused:
        read(tmp_path, text + "\n")
    assert said in str(refused.value)
    assert "resources/local.yaml, line 1" in str(refused.value)
    assert "hunter2" not in str(refused.value)


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("sqlite:///a.db", "sqlite:////root/a.db"),
        ("sqlite:////abs/a.db", "sqlite:////abs/a.db"),
        ("sqlite://", "sqlite://"),
        ("sqlite:///:memory:", "sqlite:///:memory:"),
        ("sqlite:///file:a.db?mode=ro&uri=true", "sqlite:///file:/root/a.db?mode=ro&uri=true"),
        ("duckdb:///lake/b.duckdb", "duckdb:////root/lake/b.duckdb"),
        ("duckdb:///md:cloud", "duckdb:///md:cloud"),
        ("postgresql+psycopg://h/d", "postgresql+psycopg://h/d"),
        ("file://.synth", "file:///root/.synth"),
        ("file:///abs", "file:///abs"),
        ("artifacts", "file:///root/artifacts"),
        ("memory://x", "memory://x"),
        ("s3://bucket/x", "s3://bucket/x"),
    ],
)
def test_which_urls_start_at_the_project(url: str, expected: str) -> None:
    assert anchored(url, root=Path("/root")) == expected
    assert anchored(url, root=None) == url


def test_a_key_is_what_a_command_prints(tmp_path: Path) -> None:
    (tmp_path / "secret.txt").write_text("  the key of the vault \n")
    store = read(tmp_path, "store: {key: {command: [cat, secret.txt]}, old_key: {env: BEFORE}}\n").store
    assert store.resolve_key({"PATH": os.defpath}) == "the key of the vault"
    assert store.resolve_old_key({"BEFORE": "old"}) == "old"
    with pytest.raises(MissingVariable, match="SYNTH_STORE_KEY_OLD"):
        read(tmp_path, "store: {}\n").store.resolve_old_key({})


@pytest.mark.parametrize(
    ("command", "reason"),
    [
        ("[sh, -c, 'echo hunter2; echo hunter2 >&2; exit 3']", "exit code 3"),
        ("['true']", "it printed nothing"),
        ("[no-such-program-anywhere, hunter2]", "No such file"),
    ],
)
def test_a_command_that_prints_no_key(tmp_path: Path, command: str, reason: str) -> None:
    store = read(tmp_path, f"store: {{key: {{command: {command}}}}}\n").store
    with pytest.raises(KeyCommandFailed, match=reason) as failed:
        store.resolve_key({"PATH": os.defpath})
    assert "resources/local.yaml" in str(failed.value)
    assert "hunter2" not in str(failed.value)
