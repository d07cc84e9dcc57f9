"""Which rows a table gets before anything of them is drawn: below which parents, how many, and which are real."""

import zlib
from collections.abc import Mapping

import numpy as np
import numpy.typing as npt
import polars as pl

from synth_assets.plan.resolved import Mode
from synth_assets.store.folder import Folder
from synth_assets.store.profile import TableProfile
from synth_assets.store.tables import TableRows
from synth_assets.synthesize.relational.counts import add_up_to, round_randomly
from synth_assets.synthesize.relational.families.panels import within_room
from synth_assets.synthesize.relational.features import count_name
from synth_assets.synthesize.relational.generated import Finished
from synth_assets.synthesize.relational.hybrid.real_rows import (
    Arrangement,
    GeneratedParents,
    all_synthetic,
    arrange,
    without_parents,
)
from synth_assets.synthesize.relational.hybrid.rows import HybridRows, places_of
from synth_assets.synthesize.relational.matching import NO_ROW, Rows
from synth_assets.synthesize.relational.model import RelationalModel
from synth_assets.synthesize.relational.structure import Reference, TableStructure
from synth_assets.synthesize.relational.tables import LinkedTables
from synth_assets.synthesize.sdv.hma import LinkedRows


class Placement:
    """What generating one group of tables knows of the tables before it, and the places of each table's rows."""

    def __init__(
        self,
        structures: Mapping[str, TableStructure],
        *,
        models: Mapping[str, Folder],
        finished: Mapping[str, Finished],
        snapshot: Mapping[str, TableRows],
        profiles: Mapping[str, TableProfile],
        key: bytes,
        seed: int,
        whole: Mapping[str, LinkedRows] | None = None,
    ) -> None:
        self._whole = whole or {}
        self._structures = structures
        self._models = models
        self._finished = finished
        self._snapshot = snapshot
        self._profiles = profiles
        self._key = key
        self._seed = seed
        self._hidden: dict[str, pl.DataFrame] = {}
        self._features: dict[str, pl.DataFrame] = {name: table.features for name, table in finished.items()}
        self._tables = LinkedTables(structures, self._keys_of)
        self._relational: dict[str, RelationalModel] = {}
        self._parents: dict[str, Rows] = {}
        self._kept: dict[str, Rows] = {}
        self._source_rows: dict[str, Rows] = {}
        self._hybrid: dict[str, HybridRows] = {}
        self._wanted: dict[str, int] = {}

    def _mode(self, name: str) -> Mode:
        return self._structures[name].decision.mode

    def _rng(self, name: str, purpose: str) -> np.random.Generator:
        return np.random.default_rng([self._seed, zlib.crc32(name.encode()), zlib.crc32(purpose.encode())])

    def _keys_of(self, table: str) -> pl.DataFrame:
        structure = self._structures[table]
        wanted = dict.fromkeys([*structure.referred, *structure.referencing, *structure.learned])
        return self._finished[table].rows.read(columns=list(wanted) or list(structure.published_columns[:1]))

    def _arranged(self, name: str) -> Arrangement:
        """How many rows each parent has, and which of them are real."""
        structure, model = self._structures[name], self._relational[name]
        driving, decision = structure.driving, structure.decision
        if name in self._whole:
            whole = self._whole[name].rows.height
            return all_synthetic(self._parents_of_whole(name, driving) if driving else self._orphans(whole))
        rows = round(model.rows * decision.scale)
        wanted = round(rows * (decision.real_share or 0.0))
        if driving is None:
            if name in self._hybrid:
                real = self._hybrid[name].rows
                return without_parents(rows, wanted, real, rng=self._rng(name, "real rows"))
            return all_synthetic(self._orphans(rows))
        counts = self._children_of(name, self._features[driving.key.parent])
        lonely = round(model.without_parent * decision.scale)
        if name not in self._hybrid:
            return all_synthetic(np.concatenate([np.repeat(np.arange(len(counts)), counts), self._orphans(lonely)]))
        hybrid, there = self._hybrid[name], self._taken_over(driving.key.parent)
        is_real = np.zeros(len(counts), dtype=np.bool_)
        is_real[there[there >= 0]] = True
        leaves = hybrid.leaves_of(self._features[driving.key.parent])
        parents = GeneratedParents(counts, leaves, is_real, self._most_children(name))
        source = hybrid.hanging_on(driving, there)
        return arrange(source, parents, wanted=wanted, lonely=lonely, rng=self._rng(name, "real rows"))

    def _taken_over(self, name: str) -> Rows:
        """By row of a table in the source, the generated row that it is; NO_ROW for none, no row if none can be."""
        mode = self._mode(name)
        if mode in (Mode.REFERENCE, Mode.PARTIAL):
            return np.arange(self._snapshot[name].rows)
        if mode is not Mode.HYBRID:
            return np.empty(0, dtype=np.int64)
        if name in self._source_rows:
            return places_of(self._source_rows[name], self._snapshot[name].rows)
        real = self._finished[name].rows.source_rows()
        return places_of(self._orphans(0) if real is None else real, self._snapshot[name].rows)

    def _children_of(self, name: str, features: pl.DataFrame) -> npt.NDArray[np.int64]:
        structure = self._structures[name]
        driving = structure.driving
        if driving is None or not features.height:
            return np.zeros(features.height, dtype=np.int64)
        drawn = features[count_name(driving.name)].cast(pl.Float64).fill_null(0).to_numpy()
        parent = RelationalModel.load(self._models[driving.key.parent])
        total = round(parent.children_rows[driving.name] * structure.decision.scale)
        factor = total / drawn.sum() if drawn.sum() else 0.0
        rng = self._rng(name, "children")
        counts = add_up_to(round_randomly(drawn * factor, rng), total, most=self._most_children(name), rng=rng)
        carried = dict(zip(driving.key.columns, driving.key.parent_columns, strict=True))
        for panel in self._relational[name].panels:
            if panel.time in carried:
                times = self._tables.frame(driving.key.parent)[carried[panel.time]]
                counts = within_room(counts, times, panel, rng=rng)
        return counts

    def _most_children(self, name: str) -> int | None:
        """Children that one parent may have: one in a one-to-one key, and no more than a counting column may count."""
        structure, driving = self._structures[name], self._structures[name].driving
        columns = set(driving.key.columns) if driving else set()
        if any(set(s) <= columns for s in structure.table.unique_sets):
            return 1
        counting = [o for o in self._relational[name].ordinals if set(o.within) == columns]
        return min((o.most - o.first + 1 for o in counting), default=None)

    def _parents_of_whole(self, name: str, reference: Reference) -> Rows:
        """Row numbers in the parent, which may have had to give up some rows."""
        rows, height = self._whole[name].parents[reference.name], self._tables.frame(reference.key.parent).height
        return np.where(rows >= 0, rows % height, NO_ROW) if height else np.full(len(rows), NO_ROW, dtype=np.int64)

    @staticmethod
    def _orphans(rows: int) -> Rows:
        return np.full(rows, NO_ROW, dtype=np.int64)
