"""The model of all learned columns of one table, given its parents: synthesizers, and how rows follow each other."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np
import numpy.typing as npt
import polars as pl

from synth_assets.catalog.model import Value
from synth_assets.store.folder import Folder
from synth_assets.synthesize.protocol import ColumnKind, ColumnSpec, SequenceSynthesizer, Synthesizer, TableSpec
from synth_assets.synthesize.registry import learns_context, sequence_synthesizer_class, synthesizer_class
from synth_assets.synthesize.relational.checks import RowChecks
from synth_assets.synthesize.relational.families import (
    POSITION,
    Arranged,
    FamilyOrder,
    choose_order,
    start_context,
    step_frames,
    walk_families,
)
from synth_assets.synthesize.relational.gaps import Gaps
from synth_assets.synthesize.relational.matching import Rows, gather
from synth_assets.synthesize.relational.sequences import fit_sequences

MOST_REDRAWS = 20
NATIVE = "trees"
Part = Synthesizer | SequenceSynthesizer


class ColumnType(Value):
    name: str
    dtype: str
    hidden: bool


class Shape(Value):
    """What a saved value model consists of."""

    synthesizer: str
    columns: tuple[ColumnType, ...]
    gaps: Gaps
    order: FamilyOrder | None
    parts: tuple[str, ...]


@dataclass(frozen=True)
class Training:
    """What a value model is fitted on.

    Attributes:
        rows: Learned columns, then hidden ones (counts of children, leaves of further parents, ...).
        hidden: Names of the hidden columns: they are never published.
        kept: Columns whose real values the plan lets through.
        parents: Row numbers into `features`; None for a table without a parent.
        features: Columns of the driving parent's rows.
        order_candidates, order_fallback: See `choose_order`.
    """

    rows: pl.DataFrame
    hidden: tuple[str, ...]
    kept: frozenset[str]
    parents: Rows | None
    features: pl.DataFrame | None
    order_candidates: Sequence[str]
    order_fallback: pl.Series | None


class ValueModel:
    """Fitted synthesizers of one table: one for all rows, or one for first siblings and one for those that follow."""

    def __init__(self, shape: Shape, parts: dict[str, Part], schema: pl.Schema, checks: RowChecks) -> None:
        self._shape = shape
        self._parts = parts
        self._schema = schema
        self._checks = checks

    @property
    def follows(self) -> bool:
        """Rows are generated knowing their siblings before."""
        return self._shape.order is not None

    @classmethod
    def fit(
        cls,
        training: Training,
        *,
        table: str,
        synthesizer: str,
        options: dict[str, object],
        checks: RowChecks,
        min_group: int,
        seed: int,
    ) -> Self:
        """Fit all parts; `options` are handed to the synthesizer's constructor."""
        rows = training.rows
        gaps = Gaps.find(rows, min_group=min_group)
        encoded = gaps.encode(rows)
        native = learns_context(synthesizer)
        context = (
            gather(training.features, training.parents)
            if training.features is not None and training.parents is not None
            else None
        )

        def spec_of(columns: pl.DataFrame) -> TableSpec:
            return TableSpec(table, tuple(_spec(columns[c], training, gaps) for c in columns.columns), min_group)

        def fitted(name: str, columns: pl.DataFrame, given: pl.DataFrame | None, part_seed: int) -> Synthesizer:
            spec = spec_of(columns)
            model = synthesizer_class(name)(**(options if name == synthesizer else {}))
            model.fit(columns, table=spec, context=given, seed=part_seed)
            return model

        arranged: tuple[Arranged, FamilyOrder] | None = None
        if native and context is not None and training.parents is not None:
            arranged = choose_order(
                encoded,
                _families(training.parents),
                candidates=_unchanged(training.order_candidates, encoded, rows),
                fallback=training.order_fallback,
                min_group=min_group,
            )
        parts: dict[str, Part] = {}
        if not native:
            learned = encoded.select(name for name in encoded.columns if name not in training.hidden)
            sequential = sequence_synthesizer_class(synthesizer)
            if sequential and context is not None and training.parents is not None:
                model = sequential(**options)
                fit_sequences(
                    model,
                    learned,
                    table=spec_of(learned),
                    parents=_families(training.parents),
                    candidates=_unchanged(training.order_candidates, learned, rows),
                    fallback=training.order_fallback,
                    context=context,
                    seed=seed,
                )
                parts["rows"] = model
            else:
                parts["rows"] = fitted(synthesizer, learned, None, seed)
            if training.hidden:
                known = learned if context is None else pl.concat([learned, context], how="horizontal")
                parts["hidden"] = fitted(NATIVE, encoded.select(training.hidden), known, seed + 1)
        elif arranged is None or context is None:
            parts["rows"] = fitted(synthesizer, encoded, context, seed)
        else:
            known = pl.concat([context, start_context(arranged[0])], how="horizontal")
            parts["rows"] = fitted(synthesizer, encoded, known, seed)
            at, steps, before = step_frames(encoded, *arranged)
            parts["steps"] = fitted(synthesizer, steps, pl.concat([context[at], before], how="horizontal"), seed + 1)
        shape = Shape(
            synthesizer=synthesizer,
            columns=tuple(
                ColumnType(name=name, dtype=str(dtype), hidden=name in training.hidden)
                for name, dtype in encoded.schema.items()
            ),
            gaps=gaps,
            order=arranged[1] if arranged else None,
            parts=tuple(parts),
        )
        return cls(shape, parts, rows.schema, checks)

    def sample_alone(self, n: int, rng: np.random.Generator, *, context: pl.DataFrame | None = None) -> pl.DataFrame:
        """`n` rows without a parent, or one for each row of `context`."""
        if context is not None and self.follows:
            context = context.with_columns(pl.lit(0, dtype=pl.Int64).alias(POSITION))
        return self._draw("rows", n, context, rng, self._encoded_schema())

    def sample_families(
        self, counts: npt.NDArray[np.int64], features: pl.DataFrame, rng: np.random.Generator
    ) -> tuple[Rows, pl.DataFrame]:
        """The children of parents: the parent's row number of each row, and the rows, by parent and position."""
        order, encoded = self._shape.order, self._encoded_schema()
        if order is None:
            parents = np.repeat(np.arange(len(counts)), counts)
            if isinstance(sequences := self._parts["rows"], SequenceSynthesizer):
                rows = sequences.sample_sequences(counts, context=features, rng=rng)
                rows = self._with_hidden(rows, gather(features, parents), rng)
                return parents, self._repaired(self._decoded(rows.cast(encoded)), rng)
            return parents, self._draw("rows", len(parents), gather(features, parents), rng, encoded)
        parents, rows = walk_families(
            counts,
            features,
            order=order,
            schema=encoded,
            start=lambda n, context: self._draw_encoded("rows", n, context, rng),
            step=lambda n, context: self._draw_encoded("steps", n, context, rng),
        )
        return parents, self._repaired(self._decoded(rows), rng)

    def _encoded_schema(self) -> pl.Schema:
        steps = {gap.column for gap in self._shape.gaps.steps}
        return pl.Schema({n: pl.Int64() if n in steps else t for n, t in self._schema.items()})

    def _decoded(self, rows: pl.DataFrame) -> pl.DataFrame:
        return self._shape.gaps.decode(rows, self._schema).cast(self._schema)

    def _draw(
        self, part: str, n: int, context: pl.DataFrame | None, rng: np.random.Generator, encoded: pl.Schema
    ) -> pl.DataFrame:
        rows = self._decoded(self._draw_encoded(part, n, context, rng).cast(encoded))
        for _ in range(MOST_REDRAWS):
            wrong = np.flatnonzero(self._checks.violated(rows))
            if not len(wrong):
                return rows
            again = None if context is None else context[wrong]
            fresh = self._decoded(self._draw_encoded(part, len(wrong), again, rng).cast(encoded))
            rows = _replaced(rows, wrong, fresh)
        return self._repaired(rows, rng)

    def _repaired(self, rows: pl.DataFrame, rng: np.random.Generator) -> pl.DataFrame:
        """Rows that break a check take the columns that it names from another generated row that does not."""
        wrong = self._checks.violated(rows)
        if not wrong.any() or wrong.all():
            return rows
        donors = rng.choice(np.flatnonzero(~wrong), int(wrong.sum()))
        at = np.flatnonzero(wrong)
        source = np.arange(rows.height)
        source[at] = donors
        return rows.with_columns(pl.col(name).gather(source) for name in self._checks.columns)

    def _draw_encoded(self, part: str, n: int, context: pl.DataFrame | None, rng: np.random.Generator) -> pl.DataFrame:
        model = self._parts[part]
        if isinstance(model, SequenceSynthesizer):
            alone = pl.DataFrame(height=n) if context is None else context
            rows = model.sample_sequences(np.ones(n, dtype=np.int64), context=alone, rng=rng)
        else:
            uses_context = learns_context(self._shape.synthesizer)
            rows = model.sample(n, context=context if uses_context else None, given=None, rng=rng)
        return self._with_hidden(rows, context, rng)

    def _with_hidden(self, rows: pl.DataFrame, context: pl.DataFrame | None, rng: np.random.Generator) -> pl.DataFrame:
        """All columns in their order; where hidden ones have a model of their own, they are drawn by it."""
        hidden_model = self._parts.get("hidden")
        if isinstance(hidden_model, Synthesizer):
            known = rows if context is None else pl.concat([rows, context], how="horizontal")
            hidden = hidden_model.sample(rows.height, context=known, given=None, rng=rng)
            rows = pl.concat([rows, hidden], how="horizontal")
        return rows.select(column.name for column in self._shape.columns)

    def save(self, folder: Folder) -> None:
        """One sub-folder a part, the shape beside them."""
        folder.write_json("values.json", self._shape.model_dump(mode="json"))
        folder.write_frame("types.parquet", pl.DataFrame(schema=self._schema))
        folder.write_json("checks.json", self._checks.model_dump(mode="json"))
        for name, part in self._parts.items():
            part.save(folder.folder(name))

    @classmethod
    def load(cls, folder: Folder) -> Self:
        shape = Shape.model_validate(folder.read_json("values.json"))
        checks = RowChecks.model_validate(folder.read_json("checks.json"))
        parts: dict[str, Part] = {}
        for name in shape.parts:
            kind = NATIVE if name == "hidden" else shape.synthesizer
            parts[name] = (sequence_synthesizer_class(kind) or synthesizer_class(kind)).load(folder.folder(name))
        schema = folder.read_frame("types.parquet").schema
        return cls(shape, parts, schema, checks)


def _unchanged(names: Sequence[str], encoded: pl.DataFrame, rows: pl.DataFrame) -> list[str]:
    """Those of the columns that are learned as they are."""
    return [name for name in names if encoded.schema[name] == rows.schema[name]]


def _families(parents: Rows) -> Rows:
    """The parent of each row; a row without one is a family of its own."""
    return np.where(parents < 0, -1 - np.arange(len(parents)), parents)


def _replaced(rows: pl.DataFrame, at: Rows, fresh: pl.DataFrame) -> pl.DataFrame:
    source = np.arange(rows.height)
    source[at] = rows.height + np.arange(fresh.height)
    return pl.concat([rows, fresh])[source]


def _spec(values: pl.Series, training: Training, gaps: Gaps) -> ColumnSpec:
    kind = column_kind(values.dtype)
    is_gap = any(gap.column == values.name for gap in gaps.steps)
    counted = values.name in training.hidden and kind is ColumnKind.NUMBER
    return ColumnSpec(
        name=values.name,
        kind=kind,
        nullable=values.null_count() > 0,
        minimum=0 if is_gap or counted else None,
        keep=values.name in training.kept,
    )


def column_kind(dtype: pl.DataType) -> ColumnKind:
    """How a synthesizer must read a column of this type."""
    if dtype == pl.Boolean:
        return ColumnKind.BOOLEAN
    if dtype.is_temporal():
        return ColumnKind.DATETIME
    return ColumnKind.NUMBER if dtype.is_numeric() else ColumnKind.CATEGORY
