"""What stops a command is printed for people, without values of rows."""

from pathlib import Path

import click
import pytest
from click.testing import CliRunner, Result

from synth_assets.cli.console import reporting
from synth_assets.errors import SynthAssetsError


def run(error: BaseException, *arguments: str) -> Result:
    @click.command()
    @reporting
    def command() -> None:
        raise error

    return CliRunner().invoke(command, list(arguments))


def test_an_error_says_what_failed_what_is_untouched_and_what_is_next() -> None:
    error = SynthAssetsError(
        "Target [staging] is refused.", untouched="It is as it was.", next_step="synth-assets authorize [staging]"
    )
    result = run(error)
    assert result.exit_code == 1
    assert result.stderr.split("\n") == [
        "✗ Target [staging] is refused.",
        "  It is as it was.",
        "  Next: synth-assets authorize [staging]",
        "",
    ]
    assert result.stdout == ""


def test_an_unknown_error_is_named_and_logged_without_its_text() -> None:
    secret = "ada.lovelace@example.com"
    try:
        raise ValueError(f"bad value {secret}")
    except ValueError as cause:
        error = KeyError(secret)
        error.__cause__ = cause
    result = run(error)
    assert result.exit_code == 1
    assert "KeyError" in result.stderr
    assert "Traceback" not in result.stderr
    assert secret not in result.stderr
    log = Path(result.stderr.split("See ")[1].split(",")[0].replace("\n", ""))
    written = log.read_text()
    assert "builtins.KeyError" in written
    assert "builtins.ValueError" in written
    assert f"{Path(__file__).name}:" in written
    assert secret not in written
    assert log.stat().st_mode & 0o077 == 0
    log.unlink()


def test_debug_shows_the_traceback() -> None:
    result = run(SynthAssetsError("It failed."), "--debug")
    assert result.exit_code == 1
    assert "Traceback" in result.stderr
    assert "✗ It failed." in result.stderr


@pytest.mark.parametrize("error", [click.UsageError("wrong"), click.BadParameter("wrong")])
def test_wrong_usage_stays_exit_code_2(error: click.ClickException) -> None:
    assert run(error).exit_code == 2


def test_interrupted_is_exit_code_1() -> None:
    assert run(KeyboardInterrupt()).exit_code == 1
