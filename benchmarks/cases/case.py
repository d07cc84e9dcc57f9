"""What one benchmark works on: real rows, their schema, and what is asked of synthetic ones."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import polars as pl

Frames = Mapping[str, pl.DataFrame]


class CaseUnavailable(Exception):
    """The rows of a case are not on this machine; the message says how to get them."""


@dataclass(frozen=True)
class Relation:
    """What every row of a table obeys.

    Attributes:
        table: The rows that it is about; its columns are those of the table.
        name: What it says, as a formula.
        holds: True where a row obeys it, NULL where the row says nothing about it.
    """

    table: str
    name: str
    holds: pl.Expr


@dataclass(frozen=True)
class Prediction:
    """What a classifier is trained to tell from the other columns of a table: whether `column` is `positive`."""

    table: str
    column: str
    positive: str


@dataclass(frozen=True)
class Case:
    """Real rows and their schema.

    Attributes:
        frames: Rows by table, as databases' columns would be read.
        schema: As SCHEMA.json of benchmarks/dataset.py.
        held_out: Rows of the same origin that no engine sees; empty if there are none.
        relations: What holds without exception in the real rows.
        prediction: What the rows are good for; None if nothing is asked.
        scale: Rows to draw, relative to the real tables.
        native_only: Whether other engines cannot do it at all, or not in any time that one would wait.
        notes: What was done to the rows before anybody saw them.
    """

    name: str
    frames: Frames
    schema: Mapping[str, Any]
    held_out: Frames = field(default_factory=dict)
    relations: tuple[Relation, ...] = ()
    prediction: Prediction | None = None
    scale: float = 1.0
    native_only: bool = False
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Places:
    """Where rows lie that no package brings along."""

    adult: Path | None = None


Build = Callable[[Places], Case]
