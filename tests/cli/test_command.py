"""The command as a whole: fast to start, clear when it is used wrongly."""

import os
import re
import resource
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from synth_assets.cli import COMMANDS, main

HEAVY = ("polars", "pandas", "dagster", "sqlalchemy", "numpy", "pyarrow", "pydantic", "sdv", "great_expectations")


def python(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, *arguments], capture_output=True, text=True, check=True, timeout=60)


def test_help_imports_nothing_heavy_and_is_there_at_once() -> None:
    show_help = "import sys; sys.argv = ['synth-assets', '--help']; from synth_assets.cli import main; main()"
    then_show_modules = "import atexit, sys; atexit.register(lambda: print(*sys.modules, sep='\\n')); "
    imported = set(python("-c", then_show_modules + show_help).stdout.splitlines())
    assert "synth_assets.cli.refresh" in imported
    assert {name.partition(".")[0] for name in imported} & set(HEAVY) == set()

    def seconds() -> float:
        """Of this machine's work, whatever else it is busy with."""
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        python("-c", show_help)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime

    assert min(seconds() for _ in range(5)) < 0.5


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_has_help(name: str) -> None:
    result = CliRunner().invoke(main, [name, "--help"])
    assert result.exit_code == 0
    assert "Usage: " in result.output


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["refresh"], "--dataset NAME in a project, or --from and --to without one"),
        (["refresh", "--from", "sqlite:///a.db"], "needs both --from and --to"),
        (["refresh", "--from", "sqlite:///a.db", "--to", "sqlite:///b.db", "--dataset", "shop"], "leave out --dataset"),
        (["refresh", "--from", "production", "--to", "sqlite:///b.db"], "not a database's url"),
        (["refresh", "--nonsense"], "No such option"),
        (["refersh"], "No such command"),
        (["authorize"], "Missing argument"),
        (["init", "--dataset", "My Shop"], "small letters, digits and underscores"),
    ],
)
def test_wrong_usage_is_exit_code_2_and_changes_nothing(
    arguments: list[str], says: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    result = CliRunner().invoke(main, arguments)
    assert result.exit_code == 2
    assert says in result.output
    assert list(tmp_path.iterdir()) == []


def test_version() -> None:
    assert re.fullmatch(r"synth-assets \d+\.\d+\.\d+\S*\n", CliRunner().invoke(main, ["--version"]).output)


def test_the_console_script_is_this_command() -> None:
    script = Path(sys.executable).with_name("synth-assets")
    result = subprocess.run([script, "--help"], capture_output=True, text=True, check=True, env=dict(os.environ))
    assert all(name in result.stdout for name in COMMANDS)
