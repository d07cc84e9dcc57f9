"""PAR: rows of one parent as a sequence, each generated knowing those before it and the parent.

The model is the one inside SDV's PARSynthesizer, deepecho's PARModel, a recurrent network (Zhang et al., 2022). As in
SDV, the column that orders a sequence is learned as its first value, from the context by a Gaussian copula, and as the
steps from there on. What SDV's wrapper does besides is done here another way: lengths and context come from the
relational layer, and columns are coded as for the single-table engines, so that the TableSpec's promises hold.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Self, cast

import numpy as np
import numpy.typing as npt
import polars as pl
from pydantic import JsonValue

from synth_assets.store.folder import Folder
from synth_assets.synthesize.protocol import ColumnKind, ColumnSpec, TableSpec
from synth_assets.synthesize.relational.gaps import common_unit
from synth_assets.synthesize.sdv.coding import NumberCoding, coding_from_json, coding_to_json, units
from synth_assets.synthesize.sdv.frames import FrameCoding, kind_of, table_from_json, table_to_json
from synth_assets.synthesize.sdv.options import PAROptions, read_options
from synth_assets.synthesize.sdv.runtime import draw_seed, run_sdv
from synth_assets.synthesize.sdv.single_table import GaussianCopula
from synth_assets.synthesize.trees.synthesizer import TreesSynthesizer

if TYPE_CHECKING:
    import pandas as pd

FEWEST_SEQUENCES = 20
START = "#start"
STEP = "#step"

Numbers = npt.NDArray[np.int64]


@dataclass(frozen=True)
class OrderColumn:
    """The column along which a sequence runs: its values are a first one and steps of whole `unit`s of its scale."""

    name: str
    unit: int
    coding: NumberCoding

    @classmethod
    def fit(cls, values: pl.Series, spec: ColumnSpec, first: npt.NDArray[np.bool_], *, min_group: int) -> Self | None:
        """From values in order; `first` marks the first of each sequence. None if they are too few or not whole."""
        coding = NumberCoding.fit(values, spec, min_group=min_group)
        if coding is None or not coding.scale.whole or values.null_count():
            return None
        ticks, _ = units(coding.scale, values)
        steps = pl.Series(np.diff(ticks, prepend=ticks[:1]).astype(np.int64)).filter(~pl.Series(first))
        return None if len(steps) and steps.min() < 0 else cls(values.name, common_unit(steps), coding)  # type: ignore[operator]

    def steps(self, values: pl.Series, first: npt.NDArray[np.bool_]) -> pl.Series:
        """Steps to each value from the one before; a first value has that of the second."""
        ticks, _ = units(self.coding.scale, values)
        steps = np.diff(ticks, prepend=ticks[:1]).astype(np.int64) // self.unit
        follows = np.r_[~first[1:], np.zeros(1, np.bool_)][: len(steps)]
        return pl.Series(STEP, np.where(first, np.where(follows, np.roll(steps, -1), 0), steps))

    def walk(self, starts: pl.Series, steps: pl.Series, lengths: Numbers) -> pl.Series:
        """Values of sequences from their first ones and steps; those beyond the range stay at its end."""
        ticks, _ = units(self.coding.scale, starts)
        first = np.cumsum(lengths) - lengths
        moved = np.maximum(steps.fill_null(0).to_numpy(), 0) * self.unit
        moved[first] = 0
        total = np.cumsum(moved)
        begin = np.repeat(ticks, lengths)
        values = begin + total - np.repeat(total[first], lengths)
        end = begin + (self.coding.most - begin) // self.unit * self.unit
        values = np.clip(np.minimum(values, end), self.coding.least, self.coding.most)
        return self.coding.scale.series(self.name, values, None)


class PAR:
    """A SequenceSynthesizer around PARModel. Slow: it learns and draws sequence by sequence.

    Raises:
        OptionRefused: An option does not exist or cannot have that value.
    """

    def __init__(self, **options: Any) -> None:
        self._options = read_options(PAROptions, options)
        self._table = TableSpec("", ())
        self._schema = pl.Schema()
        self._order: OrderColumn | None = None
        self._coding = FrameCoding(())
        self._context = FrameCoding(())
        self._seen: dict[str, list[str]] = {}
        self._model: Any = None
        self._starts = GaussianCopula()
        self._rest = TreesSynthesizer()

    def fit_sequences(
        self,
        rows: pl.DataFrame,
        *,
        table: TableSpec,
        sequences: Numbers,
        order: str | None,
        context: pl.DataFrame,
        seed: int,
    ) -> None:
        """Learn sequences; see SequenceSynthesizer.

        Raises:
            EngineFailed: SDV gave up.
        """
        self._table = table
        self._schema = pl.Schema({spec.name: rows.schema[spec.name] for spec in table.columns})
        first = np.r_[True, sequences[1:] != sequences[:-1]][: len(sequences)]
        firsts = np.flatnonzero(first)
        few = len(firsts) < max(FEWEST_SEQUENCES, 2 * table.min_group)
        ordering = next((spec for spec in table.columns if spec.name == order), None)
        self._order = None
        if ordering and not few:
            self._order = OrderColumn.fit(rows[ordering.name], ordering, first, min_group=table.min_group)
        specs, around = table.columns, context[firsts]
        if self._order and ordering:
            rows = rows.with_columns(self._order.steps(rows[ordering.name], first))
            specs = (*(s for s in specs if s is not ordering), ColumnSpec(STEP, ColumnKind.NUMBER, False, minimum=0))
            begins = rows[ordering.name].gather(firsts).alias(START)
            self._starts = GaussianCopula()
            spec = TableSpec(table.name, (*_specs(around), replace(ordering, name=START)), table.min_group)
            self._starts.fit(around.with_columns(begins), table=spec, context=None, seed=seed)
            around = around.with_columns(begins)
        self._coding = FrameCoding.fit(rows, () if few else specs, min_group=table.min_group)
        rest = tuple(spec for spec in specs if spec.name not in self._coding.names)
        self._rest = TreesSynthesizer()
        alone = TableSpec(table.name, rest, table.min_group)
        self._rest.fit(rows.select(spec.name for spec in rest), table=alone, context=None, seed=seed)
        self._model = None
        if self._coding.columns:
            self._context = FrameCoding.fit_context(around, min_group=table.min_group)
            rng = np.random.default_rng(seed)
            data, known = self._coding.encode(rows, rng), self._context.encode(around, rng)
            self._seen = {c: sorted(known[c].unique()) for c, t in self._context.sdtypes.items() if t == "categorical"}
            self._model = self._run("learning", lambda: self._fitted(data, known, firsts), seed)

    def _fitted(self, data: "pd.DataFrame", context: "pd.DataFrame", firsts: Numbers) -> Any:
        from deepecho import PARModel  # type: ignore[import-untyped]

        types = {"numerical": "continuous", "categorical": "categorical"}
        columns = [data[c].tolist() for c in data.columns]
        contexts = context.to_numpy(dtype=object).tolist()
        size = self._options.segment_size
        cut: list[dict[str, Any]] = []
        for number, (start, end) in enumerate(zip(firsts, [*firsts[1:], len(data)], strict=True)):
            for at in range(start, end, size or end - start):
                part = slice(at, min(at + size, end) if size else end)
                cut.append({"context": contexts[number], "data": [column[part] for column in columns]})
        options = self._options
        model = PARModel(epochs=options.epochs, sample_size=options.sample_size, cuda=options.enable_gpu, verbose=False)
        model.fit_sequences(
            cut,
            [types[self._context.sdtypes[c]] for c in context.columns],
            [types[self._coding.sdtypes[c]] for c in data.columns],
        )
        return model

    def sample_sequences(self, lengths: Numbers, *, context: pl.DataFrame, rng: np.random.Generator) -> pl.DataFrame:
        """Sequences of these lengths, one after the other; see SequenceSynthesizer.

        Raises:
            EngineFailed: SDV gave up.
        """
        asked = np.flatnonzero(lengths > 0)
        lengths, around = lengths[asked], context[asked]
        n = int(lengths.sum())
        rest = self._rest.sample(n, context=None, given=None, rng=rng)
        made = {name: rest[name] for name in rest.columns}
        if self._order:
            starts = self._starts.sample(len(lengths), context=None, given=around, rng=rng)[START]
            around = around.with_columns(starts)
        if self._coding.columns:
            made |= self._coding.decode(self._drawn(lengths, around, rng), rng)
        if self._order:
            made[self._order.name] = self._order.walk(around[START], made[STEP], lengths)
        return pl.DataFrame([made[spec.name] for spec in self._table.columns], height=n).cast(self._schema)

    def _drawn(self, lengths: Numbers, around: pl.DataFrame, rng: np.random.Generator) -> "pd.DataFrame":
        import pandas as pd

        known = self._context.known(around)
        for alias, words in self._seen.items():
            # What was never learned is taken for what is most frequent.
            known.frame.loc[~known.frame[alias].isin(words), alias] = words[0]
        contexts = known.frame.to_numpy(dtype=object).tolist()

        def draw() -> "pd.DataFrame":
            names = list(self._coding.sdtypes)
            parts: list[list[Any]] = [[] for _ in names]
            for around_one, length in zip(contexts, lengths.tolist(), strict=True):
                for part, values in zip(parts, self._model.sample_sequence(around_one, length), strict=True):
                    part += values
            return pd.DataFrame(dict(zip(names, parts, strict=True)))

        return cast("pd.DataFrame", self._run("sampling", draw, draw_seed(rng)))

    def _run(self, doing: str, work: Callable[[], Any], seed: int) -> Any:
        return run_sdv(work, engine=PAROptions.engine, table=self._table.name, doing=doing, seed=seed)

    def save(self, folder: Folder) -> None:
        """The network as SDV's own pickle, and all else as JSON and Parquet."""
        import cloudpickle  # type: ignore[import-untyped]

        order: dict[str, JsonValue] | None = None
        if self._order:
            coding = coding_to_json(self._order.coding)
            order = {"name": self._order.name, "unit": self._order.unit, "coding": coding}
        folder.write_json(
            "engine.json",
            {
                "options": self._options.model_dump(mode="json"),
                "table": table_to_json(self._table),
                "columns": self._coding.to_json(),
                "context": self._context.to_json(),
                "seen": {alias: list(words) for alias, words in self._seen.items()},
                "order": order,
                "has_model": self._model is not None,
            },
        )
        folder.write_frame("types.parquet", pl.DataFrame(schema=self._schema))
        self._rest.save(folder.folder("rest"))
        self._starts.save(folder.folder("starts"))
        if self._model is not None:
            folder.write_bytes("sdv.pickle", cast(bytes, cloudpickle.dumps(self._model)))

    @classmethod
    def load(cls, folder: Folder) -> Self:
        """A fitted synthesizer; its pickle is opened only after the store has authenticated it (SingleTable.load)."""
        import cloudpickle

        stored: Any = folder.read_json("engine.json")
        made = cls(**stored["options"])
        made._table = table_from_json(stored["table"])
        made._schema = folder.read_frame("types.parquet").schema
        made._coding = FrameCoding.from_json(stored["columns"])
        made._context = FrameCoding.from_json(stored["context"])
        made._seen = stored["seen"]
        if order := stored["order"]:
            coding = coding_from_json(order["coding"])
            assert isinstance(coding, NumberCoding)  # noqa: S101 (an order column has no other)
            made._order = OrderColumn(order["name"], order["unit"], coding)
        made._rest = TreesSynthesizer.load(folder.folder("rest"))
        made._starts = GaussianCopula.load(folder.folder("starts"))
        if stored["has_model"]:
            made._model = cloudpickle.loads(folder.read_bytes("sdv.pickle"))
        return made


def _specs(context: pl.DataFrame) -> tuple[ColumnSpec, ...]:
    return tuple(ColumnSpec(name, kind_of(dtype)) for name, dtype in context.schema.items())
