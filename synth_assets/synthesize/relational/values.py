"""A model of some learned columns of one table, given what is made before them, and how rows follow each other."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Self

import numpy as np
import numpy.typing as npt
import polars as pl

from synth_assets.catalog.model import Value
from synth_assets.dependencies.formulas import Formula, find_formulas
from synth_assets.store.folder import Folder
from synth_assets.synthesize.protocol import (
    ColumnKind,
    ColumnSpec,
    FollowingSynthesizer,
    SequenceSynthesizer,
    Synthesizer,
    TableSpec,
)
from synth_assets.synthesize.registry import learns_context, sequence_synthesizer_class, synthesizer_class
from synth_assets.synthesize.relational.canaries import Planted, plant
from synth_assets.synthesize.relational.checks import RowChecks
from synth_assets.synthesize.relational.ends import LENGTH, ends_of, find_stride, starts_of
from synth_assets.synthesize.relational.families import (
    Arranged,
    FamilyOrder,
    contexts_before,
    first_context,
    first_rows,
    learn_order,
    step_rows,
    walk_families,
    with_stays,
)
from synth_assets.synthesize.relational.gaps import Gaps
from synth_assets.synthesize.relational.matching import Rows, runs
from synth_assets.synthesize.relational.sequences import fit_sequences

MOST_REDRAWS = 20
RARE = "\x01rare"
NATIVE = "trees"
Part = Synthesizer | SequenceSynthesizer


class Shape(Value):
    """What a saved value model consists of.

    Attributes:
        columns: What is learned; the formulas give the rest.
    """

    synthesizer: str
    formulas: tuple[Formula, ...]
    columns: tuple[str, ...]
    gaps: Gaps
    order: FamilyOrder | None
    parts: tuple[str, ...]


@dataclass(frozen=True)
class Siblings:
    """How the rows that a model is trained on belong together.

    Attributes:
        families: The parent of each row; a row without one is a family of its own (a negative number).
        order_by: Values in whose order siblings stand.
        column: The column among those to learn that `order_by` is; None if it is none of them.
        follow: Rows are generated knowing the siblings before them.
        continuous: False for rows whose forerunner is held out; what they follow is not known.
    """

    families: Rows
    order_by: pl.Series
    column: str | None
    follow: bool
    continuous: npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Training:
    """What a value model is fitted on.

    Attributes:
        rows: Columns to learn, then hidden ones (counts of children, leaves of further parents, ...).
        hidden: Names of the hidden columns: they are never published.
        kept: Columns whose real values the plan lets through.
        context: What is known of each row's parents.
        common_labels: By column of the context, the labels that models may know by name; columns that are not in it
            have no others.
        known: Columns of the same rows that are made earlier.
        siblings: None for rows that have nothing to do with each other.
        computed_later: Columns that are drawn, and computed when all rows are there.
        discover: What holds between columns in all rows is looked for.
        canaries: Invented values are planted into some rows, see canaries.
    """

    rows: pl.DataFrame
    hidden: tuple[str, ...] = ()
    kept: frozenset[str] = frozenset()
    context: pl.DataFrame | None = None
    common_labels: Mapping[str, Sequence[str]] = field(default_factory=dict)
    known: pl.DataFrame | None = None
    siblings: Siblings | None = None
    computed_later: frozenset[str] = frozenset()
    discover: bool = True
    canaries: bool = False

    @property
    def told(self) -> pl.DataFrame | None:
        """What models may know of each row: the context with one word for all labels that they may not, and `known`."""
        if self.context is None and self.known is None:
            return None
        context = self.context
        if context is not None:
            context = context.with_columns(
                pl.when(pl.col(name).is_in(labels) | pl.col(name).is_null())
                .then(name)
                .otherwise(pl.lit(RARE))
                .alias(name)
                for name, labels in self.common_labels.items()
                if name in context.columns
            )
        return _beside(context, self.known)


@dataclass(frozen=True)
class Surroundings:
    """What rows are drawn for.

    Attributes:
        rows: How many.
        context, known: As in Training.
        families: The family of each row, those of one family side by side; None for rows that know of no other.
        given: Columns of the rows themselves that are fixed, for engines that know nothing of `known`.
    """

    rows: int
    context: pl.DataFrame | None = None
    known: pl.DataFrame | None = None
    families: Rows | None = None
    given: pl.DataFrame | None = None

    def at(self, rows: Rows) -> "Surroundings":
        """The same for some rows, each by itself."""
        return Surroundings(
            len(rows),
            None if self.context is None else self.context[rows],
            None if self.known is None else self.known[rows],
            given=None if self.given is None else self.given[rows],
        )


class ValueModel:
    """Fitted synthesizers: one for all rows, or one for first siblings and one for those that follow."""

    def __init__(
        self,
        shape: Shape,
        parts: dict[str, Part],
        schema: pl.Schema,
        checks: RowChecks,
        canaries: pl.DataFrame | None = None,
    ) -> None:
        # Planted when the model was fitted; not saved with it, since nothing is drawn by them.
        self.canaries = pl.DataFrame() if canaries is None else canaries
        self._shape = shape
        self._parts = parts
        self._schema = schema
        self._checks = checks

    @property
    def formulas(self) -> tuple[Formula, ...]:
        """What is computed instead of learned."""
        return self._shape.formulas

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
        known, siblings = training.known, training.siblings
        formulas = _formulas(training, synthesizer, min_group, seed)
        rows = training.rows.drop(formula.column for formula in formulas if not formula.partial)
        around = _beside(known, rows)
        fixed = () if known is None else known.columns
        order_by = siblings.column if siblings else None
        known_times = [*fixed, *([order_by] if order_by else [])]
        gaps = Gaps.find(around, min_group=min_group, known=known_times) if training.discover else Gaps()
        encoded = gaps.encode(around).select(rows.columns)
        kept = training.kept
        planted = Planted(encoded, pl.DataFrame())
        if training.canaries:
            closed = {gap.column for gap in gaps.steps} | kept | training.computed_later | {order_by}
            among = [name for name in encoded.columns if name not in closed]
            planted = plant(encoded, among=among, table=table, min_group=min_group, seed=seed)
        encoded = planted.rows

        def spec_of(columns: pl.DataFrame) -> TableSpec:
            specs = tuple(_spec(columns[c], kept=kept, hidden=training.hidden, gaps=gaps) for c in columns.columns)
            return TableSpec(table, specs, min_group, discover=training.discover)

        def fitted(name: str, columns: pl.DataFrame, given: pl.DataFrame | None, part_seed: int) -> Synthesizer:
            model = synthesizer_class(name)(**(options if name == synthesizer else {}))
            model.fit(columns, table=spec_of(columns), context=given, seed=part_seed)
            return model

        parts: dict[str, Part] = {}
        order: FamilyOrder | None = None
        context = training.told
        if not learns_context(synthesizer):
            learned = encoded.select(name for name in encoded.columns if name not in training.hidden)
            sequential = sequence_synthesizer_class(synthesizer)
            if sequential and context is not None and siblings is not None:
                model = sequential(**options)
                fit_sequences(
                    model,
                    learned,
                    table=spec_of(learned),
                    families=siblings.families,
                    order_by=siblings.order_by,
                    order_column=siblings.column,
                    context=context,
                    seed=seed,
                )
                parts["rows"] = model
            else:
                parts["rows"] = fitted(synthesizer, learned, None, seed)
            if training.hidden:
                given = _beside(context, learned)
                parts["hidden"] = fitted(NATIVE, encoded.select(training.hidden), given, seed + 1)
        elif siblings is None or not siblings.follow:
            parts["rows"] = fitted(synthesizer, encoded, context, seed)
        else:
            arranged = Arranged.by(siblings.families, siblings.order_by)
            order = learn_order(encoded, known, arranged, column=siblings.column, min_group=min_group)
            before = contexts_before(encoded, known, arranged, order)
            at, first = first_rows(arranged, siblings.continuous)
            starting = encoded
            if order.column:
                ordered = encoded[order.column]
                stride = find_stride(ordered, siblings.families, arranged, unit=order.unit)
                if stride:
                    order = order.model_copy(update={"stride": stride})
                    ends, lengths = ends_of(ordered, siblings.families, arranged, stride=stride)
                    heads = arranged.order[arranged.position == 0]
                    parts["ends"] = fitted(synthesizer, ends, _beside(_some(context, heads), lengths), seed + 2)
                    starting = encoded.drop(ordered.name)
                    first = first.with_columns(ordered.gather(at))
            parts["rows"] = fitted(synthesizer, starting[at], _beside(_some(context, at), first), seed)
            at, steps = step_rows(encoded, arranged, order, siblings.continuous)
            steps = steps.with_columns(with_stays(encoded, at, before, order, min_group=min_group, seed=seed))
            kept |= frozenset(order.staying)
            parts["steps"] = fitted(synthesizer, steps, _beside(_some(context, at), before[at]), seed + 1)
        shape = Shape(
            synthesizer=synthesizer,
            formulas=formulas,
            columns=tuple(encoded.columns),
            gaps=gaps,
            order=order,
            parts=tuple(parts),
        )
        return cls(shape, parts, training.rows.schema, checks, planted.canaries)

    def sample(self, around: Surroundings, rng: np.random.Generator) -> pl.DataFrame:
        """Rows for what is there already; all columns, hidden ones included."""
        order = self._shape.order
        if around.families is None and order is not None:
            return self.sample(_apart(around), rng)
        if around.families is not None and isinstance(sequences := self._parts["rows"], SequenceSynthesizer):
            return self._repaired(self._sequences(sequences, around, rng), around, rng)
        if around.families is None or order is None:
            return self._drawn(around, rng)

        def started(at: Rows, lengths: Rows) -> pl.DataFrame:
            return self._started(around.at(at), lengths, order, rng)

        steps = self._parts["steps"]
        assert isinstance(steps, FollowingSynthesizer)  # noqa: S101 (others know nothing of siblings: see fit)
        rows = walk_families(
            around.families,
            context=around.context,
            known=around.known,
            order=order,
            schema=self._encoded_schema(),
            start=started,
            steps=steps,
            rng=rng,
        )
        return self._repaired(self._decoded(rows, around), around, rng)

    def _started(
        self, around: Surroundings, lengths: Rows, order: FamilyOrder, rng: np.random.Generator
    ) -> pl.DataFrame:
        """First siblings of families of these lengths."""
        first = first_context(np.zeros(around.rows, dtype=np.int64))
        if order.column is None or order.stride is None:
            return self._encoded("rows", around, first, rng)
        known = _beside(around.context, around.known, pl.DataFrame({LENGTH: lengths}))
        ends = self._model("ends").sample(around.rows, context=known, given=None, rng=rng)[order.column]
        dtype = self._encoded_schema()[order.column]
        start = starts_of(ends, lengths, stride=order.stride, dtype=dtype)
        rows = self._model("rows").sample(
            around.rows, context=_beside(around.context, around.known, first.with_columns(start)), given=None, rng=rng
        )
        return rows.with_columns(start).select(self._shape.columns)

    def _model(self, part: str) -> Synthesizer:
        model = self._parts[part]
        assert isinstance(model, Synthesizer)  # noqa: S101 (only rows may be learned as sequences, and then nothing else is)
        return model

    def _encoded_schema(self) -> pl.Schema:
        steps = {gap.column for gap in self._shape.gaps.steps}
        return pl.Schema({n: pl.Int64() if n in steps else self._schema[n] for n in self._shape.columns})

    def _decoded(self, rows: pl.DataFrame, around: Surroundings) -> pl.DataFrame:
        """All columns as they will be: gaps added up, formulas applied."""
        decoded = self._shape.gaps.decode(_beside(around.known, rows), self._schema)
        return self._computed(
            decoded.select(pl.col(name).cast(self._schema[name]) for name in self._shape.columns), around
        )

    def _computed(self, rows: pl.DataFrame, around: Surroundings) -> pl.DataFrame:
        """The rows with the columns that formulas give."""
        if not self._shape.formulas:
            return rows
        frame = _beside(around.context, around.known, rows)
        for formula in self._shape.formulas:
            frame = frame.with_columns(formula.apply(frame, self._schema[formula.column]))
        return frame.select(self._schema.names())

    def _drawn(self, around: Surroundings, rng: np.random.Generator) -> pl.DataFrame:
        """Rows that know of no other; those that break a check are drawn again."""
        encoded = self._encoded_schema()
        rows = self._decoded(self._encoded("rows", around, None, rng).cast(encoded), around)
        for _ in range(MOST_REDRAWS):
            wrong = np.flatnonzero(self._violated(rows, around.known))
            if not len(wrong):
                return rows
            again = around.at(wrong)
            fresh = self._decoded(self._encoded("rows", again, None, rng).cast(encoded), again)
            rows = _replaced(rows, wrong, fresh)
        return self._repaired(rows, around, rng)

    def _violated(self, rows: pl.DataFrame, known: pl.DataFrame | None) -> npt.NDArray[np.bool_]:
        return self._checks.violated(_beside(known, rows))

    def _repaired(self, rows: pl.DataFrame, around: Surroundings, rng: np.random.Generator) -> pl.DataFrame:
        """Rows that break a check take the columns that it names from another generated row, until none does."""
        columns = [name for name in self._checks.columns if name in rows.columns]
        for _ in range(MOST_REDRAWS):
            wrong = self._violated(rows, around.known)
            if not wrong.any() or wrong.all():
                return rows
            source = np.arange(rows.height)
            source[wrong] = rng.choice(np.flatnonzero(~wrong), int(wrong.sum()))
            rows = self._computed(rows.with_columns(pl.col(name).gather(source) for name in columns), around)
        return rows

    def _encoded(
        self, part: str, around: Surroundings, before: pl.DataFrame | None, rng: np.random.Generator
    ) -> pl.DataFrame:
        model = self._parts[part]
        if isinstance(model, SequenceSynthesizer):
            return self._sequences(model, _apart(around), rng)
        context = _beside(around.context, around.known, before)
        uses_context = learns_context(self._shape.synthesizer) and context.width
        rows = model.sample(around.rows, context=context if uses_context else None, given=around.given, rng=rng)
        return self._with_hidden(rows, around, rng)

    def _sequences(self, model: SequenceSynthesizer, around: Surroundings, rng: np.random.Generator) -> pl.DataFrame:
        families = around.families if around.families is not None else np.arange(around.rows)
        firsts, lengths = runs(families)
        context = _beside(around.context, around.known)[firsts]
        rows = model.sample_sequences(lengths, context=context, rng=rng)
        return self._with_hidden(rows, around, rng).cast(self._schema)

    def _with_hidden(self, rows: pl.DataFrame, around: Surroundings, rng: np.random.Generator) -> pl.DataFrame:
        """All columns in their order; where hidden ones have a model of their own, they are drawn by it."""
        hidden_model = self._parts.get("hidden")
        if isinstance(hidden_model, Synthesizer):
            given = _beside(around.context, around.known, rows)
            hidden = hidden_model.sample(rows.height, context=given, given=None, rng=rng)
            rows = pl.concat([rows, hidden], how="horizontal")
        return rows.select(self._shape.columns)

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


def saved_shape(folder: Folder) -> Shape | None:
    """What a saved model consists of; None where there is no model."""
    return Shape.model_validate(folder.read_json("values.json")) if folder.exists("values.json") else None


def _formulas(training: Training, synthesizer: str, min_group: int, seed: int) -> tuple[Formula, ...]:
    """The published columns that others give; none for engines that know nothing of other tables' rows."""
    if not learns_context(synthesizer) or not training.discover:
        return ()
    fixed = {*training.kept, *training.computed_later, *([training.siblings.column] if training.siblings else [])}
    published = training.rows.drop(training.hidden)
    rows = published.select(name for name in published.columns if name not in fixed)
    others = published.drop(rows.columns)
    return find_formulas(rows, _beside(training.context, training.known, others), min_group=min_group, seed=seed)


def families_of(parents: Rows) -> Rows:
    """The family of each row: its parent; a row without one is a family of its own."""
    return np.where(parents < 0, -1 - np.arange(len(parents)), parents)


def _apart(around: Surroundings) -> Surroundings:
    return Surroundings(around.rows, around.context, around.known, np.arange(around.rows))


def _beside(*frames: pl.DataFrame | None) -> pl.DataFrame:
    """Frames of the same rows side by side; any may be missing."""
    there = [frame for frame in frames if frame is not None]
    wide = [frame for frame in there if frame.width]
    if not wide:
        return pl.DataFrame(height=max((frame.height for frame in there), default=0))
    return wide[0] if len(wide) == 1 else pl.concat(wide, how="horizontal")


def _some(frame: pl.DataFrame | None, rows: Rows) -> pl.DataFrame | None:
    return None if frame is None else frame[rows]


def _replaced(rows: pl.DataFrame, at: Rows, fresh: pl.DataFrame) -> pl.DataFrame:
    source = np.arange(rows.height)
    source[at] = rows.height + np.arange(fresh.height)
    return pl.concat([rows, fresh])[source]


def _spec(values: pl.Series, *, kept: frozenset[str], hidden: Collection[str], gaps: Gaps) -> ColumnSpec:
    kind = column_kind(values.dtype)
    is_gap = any(gap.column == values.name for gap in gaps.steps)
    counted = values.name in hidden and kind is ColumnKind.NUMBER
    return ColumnSpec(
        name=values.name,
        kind=kind,
        nullable=values.null_count() > 0,
        minimum=0 if is_gap or counted else None,
        keep=values.name in kept,
    )


def column_kind(dtype: pl.DataType) -> ColumnKind:
    """How a synthesizer must read a column of this type."""
    if dtype == pl.Boolean:
        return ColumnKind.BOOLEAN
    if dtype.is_temporal():
        return ColumnKind.DATETIME
    return ColumnKind.NUMBER if dtype.is_numeric() else ColumnKind.CATEGORY
