"""The suites of a dataset: what each table's rows are expected to be, by the catalog, the plan and the user."""

import dataclasses
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import cast

from pydantic import JsonValue, TypeAdapter

from synth_assets.validate.expectations import Expected, derive
from synth_assets.validate.subject import Subject
from synth_assets.validate.user_suite import read_user_suites

_EXPECTED = TypeAdapter(tuple[Expected, ...])


def suite_of(subject: Subject, of_user: Mapping[str, Sequence[Expected]], *, dialect: str) -> list[Expected]:
    """Everything that is derived for a table, then the user's own.

    Args:
        dialect: The source's.
    """
    return [*derive(subject, dialect=dialect), *of_user.get(subject.name, ())]


def kept_suites(judged: Mapping[str, Subject], expectations: Path | None, *, dialect: str) -> dict[str, JsonValue]:
    """The suites of all tables, as the store keeps them beside the verdict.

    Args:
        expectations: The folder of the user's suites, one JSON file a table.

    Raises:
        ExpectationsRefused: A suite of the user's cannot be read.
    """
    of_user = read_user_suites(expectations, judged)
    return {name: as_json(suite_of(subject, of_user, dialect=dialect)) for name, subject in judged.items()}


def as_json(suite: Sequence[Expected]) -> JsonValue:
    """A suite as the store keeps it."""
    return [cast(JsonValue, dataclasses.asdict(expected)) for expected in suite]


def from_json(suite: JsonValue) -> tuple[Expected, ...]:
    """A suite that the store has kept."""
    return _EXPECTED.validate_python(suite)
