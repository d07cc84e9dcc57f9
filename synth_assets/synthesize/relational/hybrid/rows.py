"""Real rows among synthetic ones: rows of the source that take the places of generated rows of a hybrid table."""

from collections.abc import Sequence
from functools import cached_property

import numpy as np
import polars as pl

from synth_assets.plan.resolved import Treatment
from synth_assets.store.folder import Folder
from synth_assets.store.profile import TableProfile
from synth_assets.store.tables import TableRows
from synth_assets.synthesize.relational.further.fitting import leaf_name
from synth_assets.synthesize.relational.further.polymorphic import without_unknown_labels
from synth_assets.synthesize.relational.hybrid.fitting import BESIDE_REAL, DRIVING_PARENTS, REAL_ROWS, parent_name
from synth_assets.synthesize.relational.hybrid.real_rows import SourceRows
from synth_assets.synthesize.relational.matching import NO_ROW, Rows, gather
from synth_assets.synthesize.relational.model import FurtherModel
from synth_assets.synthesize.relational.shape import saved_shape
from synth_assets.synthesize.relational.structure import Reference, TableStructure
from synth_assets.synthesize.relational.tables import learnable
from synth_assets.synthesize.relational.training import Surroundings
from synth_assets.synthesize.relational.values import ValueModel
from synth_assets.synthesize.rules.consistent import ConsistentFakes
from synth_assets.synthesize.rules.decisions import is_consistent
from synth_assets.synthesize.rules.transform import transform

_FROM_VALUE = (Treatment.PSEUDONYMIZE, Treatment.MASK)


class HybridRows:
    """What the real rows of one hybrid table bring along.

    Every method that takes `source_rows` takes for each row of the table the row of the source that it is, NO_ROW for
    a synthetic one, and leaves synthetic rows as they are.
    """

    def __init__(self, structure: TableStructure, model: Folder, snapshot: TableRows) -> None:
        self._structure = structure
        self._model = model
        self._snapshot = snapshot
        self._saved = model.read_frame(REAL_ROWS)
        self._beside = pl.DataFrame()
        self._drawn_at = np.full(snapshot.rows, NO_ROW, dtype=np.int64)

    @property
    def rows(self) -> int:
        """How many rows the source has."""
        return self._snapshot.rows

    def hanging_on(self, driving: Reference, there: Rows) -> SourceRows:
        """All rows of the source; `there` as in SourceRows."""
        leaves = self._saved[leaf_name(driving.name)].cast(pl.Int64).fill_null(NO_ROW)
        return SourceRows(self.parents(driving), leaves.to_numpy(), there)

    def leaves_of(self, features: pl.DataFrame) -> Rows:
        """The group of like parents that each generated driving parent is in."""
        model = FurtherModel.model_validate(self._model.read_json(DRIVING_PARENTS))
        return model.tree().apply(features) if features.height else np.empty(0, dtype=np.int64)

    def parents(self, reference: Reference) -> Rows:
        """The row of the source's parent table that each row of the source refers to; NO_ROW for none."""
        return self._saved[parent_name(reference.name)].to_numpy()

    def with_saved(self, hidden: pl.DataFrame, source_rows: Rows) -> pl.DataFrame:
        """Hidden columns, with those of the real rows."""
        return _taken_over(hidden, self._saved, source_rows, [c for c in hidden.columns if c in self._saved.columns])

    def with_real_columns(self, rows: pl.DataFrame, source_rows: Rows, among: Sequence[str]) -> pl.DataFrame:
        """Learned columns, with the values of the real rows where the plan lets these through."""
        return _taken_over(rows, self._learned, source_rows, [c for c in among if c in self._real])

    def with_columns_beside(self, rows: pl.DataFrame, source_rows: Rows, among: Sequence[str]) -> pl.DataFrame:
        """Learned columns that are not let through, in real rows as `draw_beside` has drawn them."""
        place = np.where(source_rows >= 0, self._drawn_at[np.maximum(source_rows, 0)], NO_ROW)
        return _taken_over(rows, self._beside, place, [c for c in among if c in self._beside.columns])

    def draw_beside(self, source_rows: Rows, rng: np.random.Generator) -> None:
        """Draw the learned columns that are not let through, for the real rows, so that they fit the real columns."""
        saved, real = self._model.folder(BESIDE_REAL), source_rows[source_rows >= 0]
        if saved_shape(saved) is None or not len(real):
            return
        known = gather(self._learned.select(self._real), real) if self._real else None
        self._beside = ValueModel.load(saved).sample(Surroundings(len(real), known=known), rng)
        self._drawn_at[real] = np.arange(len(real))

    def with_treated(
        self,
        rows: pl.DataFrame,
        source_rows: Rows,
        *,
        profile: TableProfile,
        key: bytes,
        rng: np.random.Generator,
        consistent: ConsistentFakes,
    ) -> pl.DataFrame:
        """Columns that are made from real values: pseudonyms, masked values and consistent fakes of the real rows.

        A synthetic row whose value is the pseudonym of a real one takes the value that was made in a real row's place.
        """
        made_of = [c for c in self._structure.ruled if c.treatment in _FROM_VALUE or is_consistent(c)]
        columns = [c for c in made_of if c.name in rows.columns]
        chosen = source_rows[source_rows >= 0]
        if not columns or not len(chosen):
            return rows
        read = {c.name for c in columns} | {str(c.options["consistent"]) for c in columns if is_consistent(c)}
        real = gather(self._snapshot.read(columns=sorted(read)), chosen)
        treated = transform(
            real,
            table=self._structure.table,
            columns=columns,
            profile=profile,
            key=key,
            rng=rng,
            consistent=consistent,
        )
        place = np.full(rows.height, NO_ROW, dtype=np.int64)
        place[source_rows >= 0] = np.arange(len(chosen))
        made = []
        for column in columns:
            values = rows[column.name]
            if column.unique:
                values = _apart_from(values, treated[column.name], place >= 0)
            made.append(values)
        return _taken_over(rows.with_columns(made), treated, place, [c.name for c in columns])

    def with_real_parents(
        self, rows: pl.DataFrame, source_rows: Rows, reference: Reference, there: Rows, parent: pl.DataFrame
    ) -> pl.DataFrame:
        """The columns of a key, in real rows whose parent was taken over, too, those of this very row.

        Args:
            there: By row of the source's parent table, the generated row that it is; NO_ROW where it was not taken.
            parent: The generated rows of the parent table.
        """
        if not len(there):
            return rows
        referred = self.parents(reference)
        target = np.full(rows.height, NO_ROW, dtype=np.int64)
        real = source_rows >= 0
        above = referred[source_rows[real]]
        target[real] = np.where(above >= 0, there[np.maximum(above, 0)], NO_ROW)
        key = reference.key
        named = dict(zip(key.parent_columns, key.columns, strict=True))
        keys = pl.DataFrame([parent[p].alias(c) for p, c in named.items()])
        return _taken_over(rows, keys, target, list(key.columns))

    @cached_property
    def _real(self) -> list[str]:
        """The learned columns that real rows keep, those by which parents are looked up among them."""
        decision, looked_up_by = self._structure.decision, self._structure.looked_up_by
        return [
            name
            for name in self._structure.learned
            if decision.column(name).lets_real_values_through or name in looked_up_by
        ]

    @cached_property
    def _learned(self) -> pl.DataFrame:
        """The learned columns of all rows of the source, as models know them."""
        wanted = self._structure.learned
        frame = without_unknown_labels(self._snapshot.read(columns=wanted), self._structure)
        return pl.DataFrame([learnable(frame[name], self._structure.table.column(name)) for name in wanted])


def _taken_over(rows: pl.DataFrame, others: pl.DataFrame, at: Rows, columns: Sequence[str]) -> pl.DataFrame:
    """The rows with these columns taken from rows of another frame; where `at` is NO_ROW they stay."""
    if not columns or not (at >= 0).any():
        return rows
    stays, number = pl.Series(at < 0), np.maximum(at, 0)
    return rows.with_columns(
        rows[name].zip_with(stays, others[name].gather(number).cast(rows.schema[name])) for name in columns
    )


def _apart_from(made: pl.Series, real: pl.Series, is_real: np.ndarray[tuple[int], np.dtype[np.bool_]]) -> pl.Series:
    """Unique values of which no synthetic row has one that is among `real`.

    Of n values made in the places of n real rows at least as many are free as other rows have to give up.
    """
    taken = made.is_in(real.implode()).fill_null(value=False).to_numpy()
    spare = np.flatnonzero(is_real & ~taken & made.is_not_null().to_numpy())
    given_up = np.flatnonzero(~is_real & taken)
    source = np.arange(len(made))
    source[given_up[: len(spare)]] = spare[: len(given_up)]
    return made.gather(source)


def places_of(source_rows: pl.Series | Rows, rows: int) -> Rows:
    """By row of the source, the generated row that it is; NO_ROW where it was not taken over.

    Args:
        source_rows: Of each generated row, the row of the source; NULL or NO_ROW for a synthetic one.
        rows: Rows of the source.
    """
    found = source_rows.fill_null(NO_ROW).to_numpy() if isinstance(source_rows, pl.Series) else source_rows
    places = np.full(rows, NO_ROW, dtype=np.int64)
    real = np.flatnonzero(found >= 0)
    places[found[real]] = real
    return places
