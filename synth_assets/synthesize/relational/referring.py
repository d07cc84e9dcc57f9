"""Keys of rows that are there: their order, the rows that they refer to, and that no key comes twice."""

from collections.abc import Mapping, Sequence

import numpy as np
import polars as pl

from synth_assets.synthesize.relational.families.arranged import Arranged
from synth_assets.synthesize.relational.features import feature_name
from synth_assets.synthesize.relational.fit import null_name
from synth_assets.synthesize.relational.further.choosing import any_parents, fill_reference, roles_given
from synth_assets.synthesize.relational.keeping.repair import Repair, make_unique
from synth_assets.synthesize.relational.key_columns import key_columns
from synth_assets.synthesize.relational.matching import NO_ROW, Rows, of_parents
from synth_assets.synthesize.relational.model import FurtherModel
from synth_assets.synthesize.relational.placement import Placement
from synth_assets.synthesize.relational.structure import Reference, may_be_null
from synth_assets.synthesize.relational.training import families_of


class Referring(Placement):
    """The keys of tables whose rows have been drawn."""

    def _in_order(self, name: str) -> None:
        """Put the rows of each family side by side, in the order in which siblings follow each other."""
        parents, rows = self._parents[name], self._tables.frame(name)
        order = self._relational[name].order
        if self._structures[name].driving is None or order not in rows.columns:
            return
        last = np.where(parents < 0, len(parents) + parents.max(initial=0) + 1, parents)
        arranged = Arranged.by(last, rows[order]).order
        self._tables.put(name, rows[arranged])
        self._keep_rows(name, arranged)

    def _keep_rows(self, name: str, left: Rows) -> None:
        """What is known of each row, for those that are left, in their order."""
        if _is_all(left, len(self._parents[name])):
            return
        self._parents[name] = self._parents[name][left]
        self._hidden[name] = self._hidden[name][left]
        self._kept[name] = self._kept[name][left]
        self._source_rows[name] = self._source_rows[name][left]

    def _with_key(self, rows: pl.DataFrame, reference: Reference, parents: Rows) -> pl.DataFrame:
        """The rows with the columns of a key, taken from these rows of the parent."""
        key, table = reference.key, self._structures[reference.child].table
        rng = self._rng(reference.child, f"{reference.name} half filled")
        return rows.with_columns(key_columns(key, table, self._tables.frame(key.parent), parents, rng))

    def _refer(self, name: str, reference: Reference) -> None:
        """Fill the columns of one further key."""
        if name in self._whole:
            parents = self._parents_of_whole(name, reference)[self._kept[name]]
            self._tables.put(name, self._with_key(self._tables.frame(name), reference, parents))
            return
        structure, model = self._structures[name], self._relational[name]
        if structure.decision.private:
            self._refer_to_any(name, reference)
            return
        by_key = {further.reference: further for further in model.further}
        further = by_key[reference.name]
        roles = None
        if further.belonging:
            roles = self._roles_by(next(r for r in structure.further if r.name == further.belonging.other), by_key)
        filled = fill_reference(
            reference,
            further,
            tables=self._tables,
            structure=structure,
            features=self._features[reference.key.parent],
            hidden=self._hidden[name],
            families=families_of(self._parents[name]),
            roles=roles,
            rng=self._rng(name, reference.name),
        )
        if name in self._hybrid:
            parent = self._tables.frame(reference.key.parent)
            there = self._taken_over(reference.key.parent)
            filled = self._hybrid[name].with_real_parents(filled, self._source_rows[name], reference, there, parent)
        self._tables.put(name, filled)

    def _roles_by(self, reference: Reference, models: Mapping[str, FurtherModel]) -> Rows:
        """The role that each row's parent by a further key has, NO_ROW for none."""
        parents = self._tables.parents(reference.child, reference.key)
        given = roles_given(reference, models[reference.name], self._features[reference.key.parent])
        if given is None:
            return np.full(len(parents), NO_ROW, dtype=np.int64)
        return of_parents(given.of_parent, parents)

    def _refer_to_any(self, name: str, reference: Reference) -> None:
        """Fill the columns of a private table's key: any row of the parent serves as well."""
        rows, table = self._tables.frame(name), self._structures[name].table
        parents = any_parents(
            rows.height,
            self._tables.frame(reference.key.parent).height,
            once=any(set(s) <= set(reference.key.columns) for s in table.unique_sets),
            rng=self._rng(name, reference.name),
        )
        hidden, none = self._hidden[name], null_name(reference.name)
        if none in hidden.columns:
            parents = np.where(hidden[none].to_numpy(), NO_ROW, parents)
        if not may_be_null(table, reference.key) and (parents == NO_ROW).any():
            # Numbers of rows are noisy: there may be more than there are parents for.
            left = np.flatnonzero(parents != NO_ROW)
            rows, parents = rows[left], parents[left]
            self._keep_rows(name, left)
            self._features[name] = self._features[name][left]
        self._tables.put(name, self._with_key(rows, reference, parents))

    def _make_unique(self, name: str, *, filled: Sequence[Reference]) -> Rows:
        """Repair repeated combinations, when these further keys are filled; the numbers of the rows that are left."""
        structure = self._structures[name]
        repair = Repair(
            structure=structure,
            ordinals=tuple(o.ordinal() for o in self._relational[name].ordinals),
            filled=frozenset(reference.name for reference in filled),
        )
        fixed = self._source_rows[name] >= 0
        rng = self._rng(name, f"unique {len(filled)}")
        rows, left = make_unique(self._tables.frame(name), repair, fixed=fixed, rng=rng)
        self._tables.put(name, rows)
        self._keep_rows(name, left)
        return left

    def _finish(self, name: str) -> int:
        """Make all unique sets unique; rows for which that cannot be done go. Returns how many."""
        structure = self._structures[name]
        left = self._make_unique(name, filled=structure.further)
        rows = self._tables.frame(name)
        features = self._features[name]
        if not _is_all(left, features.height):
            features = features[left]
        self._features[name] = features.with_columns(
            rows[column].alias(feature_name(name, column)) for column in structure.learned
        )
        return self._wanted[name] - rows.height


def _is_all(left: Rows, rows: int) -> bool:
    """Whether these are all rows in their order: a copy of a big table is worth a look."""
    return len(left) == rows and bool(np.array_equal(left, np.arange(rows)))
