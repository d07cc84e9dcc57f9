"""Failures that a step may show: an exception of a database driver or a library can quote a row, and its text, its
traceback and the chain of exceptions behind it would all go into Dagster's event log.
"""

import traceback
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import dagster as dg

from synth_assets.catalog.errors import DatabaseError
from synth_assets.errors import SynthAssetsError
from synth_assets.silence import silent_work

Result = TypeVar("Result")
_PACKAGE = Path(__file__).parents[1]


def run_stage(stage: str, work: Callable[[], Result]) -> Result:
    """What `work` returns; nothing that a library says or prints meanwhile comes out.

    Raises:
        dagster.Failure: With the message of a SynthAssetsError, which never holds a value of a row; of any other
            exception only its type and the place. It has no cause and no context.
    """
    try:
        with silent_work():
            return work()
    except dg.Failure:
        raise
    except SynthAssetsError as error:
        failure = _told(stage, error)
    except Exception as error:  # noqa: BLE001 - whatever it is, its text must not reach the event log
        failure = _hidden(stage, error)
    # Raised here, after the exception is handled: it is then neither the cause nor the context of this one.
    raise failure


def _told(stage: str, error: SynthAssetsError) -> dg.Failure:
    metadata = {"stage": stage, "error": type(error).__name__, "failed": error.failed}
    metadata |= {name: text for name in ("untouched", "next_step") if (text := getattr(error, name))}
    # Refusals stay refusals until somebody acts; a database that cannot be reached may be there in a minute.
    return dg.Failure(description=str(error), metadata=metadata, allow_retries=isinstance(error, DatabaseError))


def _hidden(stage: str, error: Exception) -> dg.Failure:
    kind, place = type(error).__name__, _place(error)
    return dg.Failure(
        description=(
            f"The stage {stage} stopped with {kind} at {place}. The text of the exception is not shown, because it "
            "may quote a row. No target was changed by this step. Report the exception's type and place."
        ),
        metadata={"stage": stage, "error": kind, "place": place},
    )


def _place(error: Exception) -> str:
    """The innermost line of this package that the exception went through."""
    for frame in reversed(traceback.extract_tb(error.__traceback__)):
        path = Path(frame.filename)
        if path.is_relative_to(_PACKAGE):
            return f"{_PACKAGE.name}/{path.relative_to(_PACKAGE).as_posix()}:{frame.lineno}"
    return "an unknown place"
