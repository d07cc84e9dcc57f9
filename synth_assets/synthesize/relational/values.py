"""A model of some learned columns of one table, given what is made before them, and how rows follow each other."""

from dataclasses import replace
from functools import partial
from typing import Self

import numpy as np
import numpy.typing as npt
import polars as pl

from synth_assets.dependencies.formula import Formula
from synth_assets.store.folder import Folder
from synth_assets.synthesize.protocol import (
    FollowingSynthesizer,
    SequenceSynthesizer,
    Synthesizer,
)
from synth_assets.synthesize.registry import learns_context, sequence_synthesizer_class, synthesizer_class
from synth_assets.synthesize.relational.canaries import Planted, plant
from synth_assets.synthesize.relational.column_specs import orders_of, table_spec
from synth_assets.synthesize.relational.families.arranged import Arranged
from synth_assets.synthesize.relational.families.beginning import find_beginning
from synth_assets.synthesize.relational.families.ends import LENGTH, ends_of, find_stride, starts_of
from synth_assets.synthesize.relational.families.history import (
    contexts_before,
    first_context,
    first_rows,
    step_rows,
    with_first_totals,
)
from synth_assets.synthesize.relational.families.links import linked
from synth_assets.synthesize.relational.families.order import FamilyOrder, learn_order
from synth_assets.synthesize.relational.families.rising import without_falls
from synth_assets.synthesize.relational.families.sequences import fit_sequences
from synth_assets.synthesize.relational.families.walking import walk_families
from synth_assets.synthesize.relational.gaps import Gaps
from synth_assets.synthesize.relational.gridded import Gridded
from synth_assets.synthesize.relational.keeping.checks import RowChecks
from synth_assets.synthesize.relational.matching import Rows, rank_within, replaced, runs, some_rows
from synth_assets.synthesize.relational.parents_time import find_parents_times
from synth_assets.synthesize.relational.shape import Shape
from synth_assets.synthesize.relational.spans import Spans
from synth_assets.synthesize.relational.structure import NATIVE
from synth_assets.synthesize.relational.training import (
    Surroundings,
    Training,
    beside,
    drawn_too,
    formulas_of,
    given_by,
    links_of,
    residuals_of,
    rising_of,
    spans_of,
)

MOST_REDRAWS = 20
Part = Synthesizer | SequenceSynthesizer


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
        formulas = formulas_of(training, synthesizer, min_group, seed)
        drawn = drawn_too(formulas, training.rows.schema)
        rows = training.rows.drop(f.column for f in formulas if not f.partial and f.column not in drawn)
        training = replace(training, computed_later=training.computed_later | drawn)
        around = beside(known, rows)
        fixed = () if known is None else known.columns
        order_by = siblings.column if siblings else None
        known_times = [*fixed, *([order_by] if order_by else [])]
        gaps = Gaps.find(around, min_group=min_group, known=known_times) if training.discover else Gaps()
        kept = training.kept
        timed = rows.drop(gaps.columns | training.computed_later | {*training.hidden}, strict=False).columns
        gridded = Gridded.find(rows, among=timed if training.discover else (), min_group=min_group)
        native = learns_context(synthesizer)
        spans = spans_of(training, rows, gaps, gridded, min_group) if native else Spans()
        gaps = gaps.besides(spans.learned)
        rising = rising_of(training, rows)
        computed = [formula for formula in formulas if formula.column in rows.columns]
        unfree = {*rising, *spans.learned}
        residuals = residuals_of(training, rows, gaps, min_group, besides=unfree, computed=computed, formulas=native)
        training = replace(training, computed_later=training.computed_later | {m.column for m in residuals.mostly})
        after = given_by(formulas, residuals)
        tied = gaps.columns | residuals.columns | spans.learned
        tied |= kept | training.computed_later | {*training.hidden}
        free = [name for name in rows.columns if name not in tied] if training.discover else []
        orders = orders_of(training, rows.select(free))
        parents_times = find_parents_times(rows, training.context, among=free, min_group=min_group)
        encoded = gaps.encode(residuals.encode(around, training.context))
        encoded = encoded.with_columns(spans.encode(around, training.context).select(spans.learned))
        encoded = encoded.select(*rows.columns, *residuals.added)
        planted = Planted(encoded, pl.DataFrame())
        if training.canaries:
            closed = gaps.columns | residuals.columns | spans.learned | kept | training.computed_later | {order_by}
            among = [name for name in encoded.columns if name not in closed]
            planted = plant(encoded, among=among, table=table, min_group=min_group, seed=seed)
        encoded = planted.rows

        spec_of = partial(table_spec, table, training, gaps=gaps, after=after, orders=orders, min_group=min_group)

        def fitted(
            name: str,
            columns: pl.DataFrame,
            given: pl.DataFrame | None,
            part_seed: int,
            following: FamilyOrder | None = None,
        ) -> Synthesizer:
            model = synthesizer_class(name)(**(options if name == synthesizer else {}))
            model.fit(columns, table=spec_of(columns, following=following), context=given, seed=part_seed)
            return model

        parts: dict[str, Part] = {}
        order: FamilyOrder | None = None
        context = training.told
        if not native:
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
                given = beside(context, learned)
                parts["hidden"] = fitted(NATIVE, encoded.select(training.hidden), given, seed + 1)
        elif siblings is None or not siblings.follow:
            parts["rows"] = fitted(synthesizer, encoded, context, seed)
        else:
            arranged = Arranged.by(siblings.families, siblings.order_by)
            links = links_of(training, siblings, around, arranged, gaps, residuals) if training.discover else ()
            order = learn_order(
                encoded,
                known,
                arranged,
                column=order_by,
                tied=tied,
                links=links,
                grid=None if order_by in spans.learned else gridded.grid(order_by),
                rising=rising,
                continuous=siblings.continuous,
                min_group=min_group,
            )
            before = contexts_before(encoded, known, arranged, order)
            at, first = first_rows(arranged, siblings.continuous)
            starting = encoded.drop(one.column for one in order.running if one.from_zero)
            if order.column:
                ordered = encoded[order.column]
                stride = find_stride(ordered, siblings.families, arranged, unit=order.unit)
                if stride:
                    order = order.model_copy(update={"stride": stride})
                    ends, lengths = ends_of(ordered, siblings.families, arranged, stride=stride)
                    heads = arranged.order[arranged.position == 0]
                    parts["ends"] = fitted(synthesizer, ends, beside(some_rows(context, heads), lengths), seed + 2)
                    starting = starting.drop(ordered.name)
                    first = first.with_columns(ordered.gather(at))
                elif training.discover and training.context is not None:
                    heads = arranged.order[(arranged.position == 0) & siblings.continuous[arranged.order]]
                    beginning = find_beginning(ordered, training.context, heads, min_group=min_group)
                    if beginning:
                        order = order.model_copy(update={"beginning": beginning})
                        starting = starting.with_columns(beginning.encode(ordered, training.context))
            parts["rows"] = fitted(synthesizer, starting[at], beside(some_rows(context, at), first), seed)
            at, steps = step_rows(encoded, arranged, order, siblings.continuous)
            steps = steps.drop(one.column for one in order.running)
            around_steps = beside(some_rows(context, at), before[at])
            parts["steps"] = fitted(synthesizer, steps, around_steps, seed + 1, order)
        shape = Shape(
            synthesizer=synthesizer,
            formulas=formulas,
            columns=tuple(encoded.columns),
            gaps=gaps,
            residuals=residuals,
            parents_times=parents_times,
            spans=spans,
            gridded=gridded,
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
            begin=self._shape.begin(around.context, self._schema),
            until=self._shape.until(around.context, self._schema),
            rng=rng,
        )
        rows = self._added_up(rows, around, rng)
        if order.links:
            arranged = Arranged(np.arange(rows.height), rank_within(around.families))
            rows = linked(beside(around.known, rows), arranged, order.links, rng).select(rows.columns)
        rows = without_falls(rows, around.families, order.rising)
        return self._repaired(self._computed(rows, around), around, rng)

    def _started(
        self, around: Surroundings, lengths: Rows, order: FamilyOrder, rng: np.random.Generator
    ) -> pl.DataFrame:
        """First siblings of families of these lengths."""
        first, start = first_context(np.zeros(around.rows, dtype=np.int64), lengths == 1), pl.DataFrame()
        if order.column is not None and order.stride is not None:
            told = beside(around.context, around.known, pl.DataFrame({LENGTH: lengths}))
            ends = self._model("ends").sample(around.rows, context=told, given=None, rng=rng)[order.column]
            dtype = self._encoded_schema()[order.column]
            start = starts_of(ends, lengths, stride=order.stride, dtype=dtype).to_frame()
        context = beside(around.context, around.known, first, start)
        rows = beside(self._model("rows").sample(around.rows, context=context, given=None, rng=rng), start)
        if order.beginning is not None and around.context is not None:
            units, dtype = rows[order.beginning.column], self._encoded_schema()[order.beginning.column]
            rows = rows.with_columns(order.beginning.decode(units, around.context, dtype, rng))
        rows = self._shape.gridded.snapped(rows, besides=self._shape.residuals.columns | self._shape.spans.learned)
        if not start.width:
            rows = self._shape.in_time(rows, around.context, rng)
        return with_first_totals(rows, around.known, order).select(self._shape.columns)

    def _model(self, part: str) -> Synthesizer:
        model = self._parts[part]
        assert isinstance(model, Synthesizer)  # noqa: S101 (only rows may be learned as sequences, and then nothing else is)
        return model

    def _encoded_schema(self) -> pl.Schema:
        schema = self._shape.spans.encoded(self._shape.residuals.encoded(self._schema))
        gaps = self._shape.gaps.columns
        return pl.Schema({n: pl.Int64() if n in gaps else schema[n] for n in self._shape.columns})

    def _decoded(self, rows: pl.DataFrame, around: Surroundings, rng: np.random.Generator) -> pl.DataFrame:
        """All columns as they will be: gaps and residuals added up, formulas applied."""
        return self._computed(self._added_up(rows, around, rng), around)

    def _added_up(self, rows: pl.DataFrame, around: Surroundings, rng: np.random.Generator) -> pl.DataFrame:
        """The learned columns as they are in the table."""
        gridded, nearly, spans = self._shape.gridded, self._shape.residuals, self._shape.spans
        rows = self._shape.in_time(gridded.snapped(rows, besides=nearly.columns | spans.learned), around.context, rng)
        families = around.families
        rows = spans.decode(rows, around.context, self._schema, begins="parents", families=families)
        rows = beside(around.known, rows)
        decoded = self._shape.gaps.decode(beside(around.context, rows), self._schema)
        decoded = nearly.decode(decoded, self._schema, self._shape.formulas)
        decoded = gridded.snapped(decoded, besides=set(rows.columns) - nearly.columns)
        decoded = spans.decode(decoded, None, self._schema, begins="row", families=families)
        order = self._shape.order
        decoded = spans.moved(decoded, rng, besides=order.column if order and families is not None else None)
        learned = (name for name in self._shape.columns if name in self._schema)
        return decoded.select(pl.col(name).cast(self._schema[name]) for name in learned)

    def _computed(self, rows: pl.DataFrame, around: Surroundings) -> pl.DataFrame:
        """The rows with the columns that formulas give."""
        if not self._shape.formulas:
            return rows
        frame = beside(around.context, around.known, rows)
        for formula in self._shape.formulas:
            frame = frame.with_columns(formula.apply(frame, self._schema[formula.column]))
        return frame.select(self._schema.names())

    def _drawn(self, around: Surroundings, rng: np.random.Generator) -> pl.DataFrame:
        """Rows that know of no other; those that break a check are drawn again."""
        encoded = self._encoded_schema()
        rows = self._decoded(self._encoded("rows", around, None, rng).cast(encoded), around, rng)
        for _ in range(MOST_REDRAWS):
            wrong = np.flatnonzero(self._violated(rows, around.known))
            if not len(wrong):
                return rows
            again = around.at(wrong)
            fresh = self._decoded(self._encoded("rows", again, None, rng).cast(encoded), again, rng)
            rows = replaced(rows, wrong, fresh)
        return self._repaired(rows, around, rng)

    def _violated(self, rows: pl.DataFrame, known: pl.DataFrame | None) -> npt.NDArray[np.bool_]:
        return self._checks.violated(beside(known, rows))

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
        context = beside(around.context, around.known, before)
        uses_context = learns_context(self._shape.synthesizer) and context.width
        rows = model.sample(around.rows, context=context if uses_context else None, given=around.given, rng=rng)
        return self._with_hidden(rows, around, rng)

    def _sequences(self, model: SequenceSynthesizer, around: Surroundings, rng: np.random.Generator) -> pl.DataFrame:
        families = around.families if around.families is not None else np.arange(around.rows)
        firsts, lengths = runs(families)
        context = beside(around.context, around.known)[firsts]
        rows = model.sample_sequences(lengths, context=context, rng=rng)
        return self._with_hidden(rows, around, rng).cast(self._schema)

    def _with_hidden(self, rows: pl.DataFrame, around: Surroundings, rng: np.random.Generator) -> pl.DataFrame:
        """All columns in their order; where hidden ones have a model of their own, they are drawn by it."""
        hidden_model = self._parts.get("hidden")
        if isinstance(hidden_model, Synthesizer):
            given = beside(around.context, around.known, rows)
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


def _apart(around: Surroundings) -> Surroundings:
    return Surroundings(around.rows, around.context, around.known, np.arange(around.rows))
