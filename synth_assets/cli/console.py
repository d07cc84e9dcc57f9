"""How the commands speak: tables on standard output, progress and errors on standard error."""

import functools
import os
import sys
import tempfile
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from datetime import UTC, datetime
from pathlib import Path
from typing import ParamSpec

import click
from rich.console import Console
from rich.table import Table as Grid
from rich.text import Text

from synth_assets.errors import SynthAssetsError
from synth_assets.silence import silent_libraries

P = ParamSpec("P")
WIDE = 140


def console(*, stderr: bool = False) -> Console:
    """A console that does not squeeze tables when it writes into a file or a pipe."""
    stream = sys.stderr if stderr else sys.stdout
    width = None if stream.isatty() or "COLUMNS" in os.environ else WIDE
    return Console(file=stream, width=width, highlight=False, soft_wrap=False)


def grid(*headings: str, right: tuple[str, ...] = ()) -> Grid:
    """A table without lines."""
    table = Grid(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="dim")
    for heading in headings:
        table.add_column(heading, justify="right" if heading in right else "left", overflow="fold")
    return table


def reporting(function: Callable[P, None]) -> Callable[P, None]:
    """Adds --debug to a command, and prints what stops it without a traceback, with exit code 1."""

    @click.option("--debug", is_flag=True, help="Show Python's traceback; it may show values of rows.")
    @functools.wraps(function)
    def command(*args: P.args, **kwargs: P.kwargs) -> None:
        with reported(debug=bool(kwargs.pop("debug"))):
            function(*args, **kwargs)

    return command


@contextmanager
def reported(*, debug: bool) -> Iterator[None]:
    """Prints an error for people and exits with code 1; click's own errors pass."""
    try:
        with nullcontext() if debug else silent_libraries():
            yield
    except (click.ClickException, click.exceptions.Exit, click.Abort):
        raise
    except SynthAssetsError as error:
        if debug:
            traceback.print_exc()
        print_error(error)
        sys.exit(1)
    except Exception as error:  # noqa: BLE001  (the last resort: named, logged, exit code 1)
        if debug:
            traceback.print_exc()
        print_error(
            SynthAssetsError(
                f"An error that should not have happened: {type(error).__name__}.",
                untouched="Every target holds all of what it held before, or all of the new rows; never a mix.",
                next_step=f"See {write_log(error)}, or run the command again with --debug.",
            )
        )
        sys.exit(1)


def print_error(error: SynthAssetsError) -> None:
    """What failed, what was left untouched, what to do next."""
    lines = Text()
    lines.append("✗ ", style="bold red")
    lines.append(error.failed.rstrip(), style="bold")
    if error.untouched:
        lines.append(f"\n  {error.untouched}")
    if error.next_step:
        lines.append("\n  Next: ", style="bold")
        lines.append(error.next_step)
    console(stderr=True).print(lines, soft_wrap=True)


def write_log(error: BaseException) -> Path:
    """Writes where an error came from. Its text and its variables are left out: they may hold values of rows."""
    lines = [f"synth-assets {datetime.now(UTC).isoformat(timespec='seconds')}"]
    for link in _chain(error):
        lines.append(f"{type(link).__module__}.{type(link).__qualname__}")
        lines += [f"  {f.filename}:{f.lineno} in {f.name}" for f in traceback.extract_tb(link.__traceback__)]
    descriptor, name = tempfile.mkstemp(prefix="synth-assets-", suffix=".log")
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write("\n".join(lines) + "\n")
    return Path(name)


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__
