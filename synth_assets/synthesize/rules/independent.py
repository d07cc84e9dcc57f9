"""The engine `rules`: every column by its own distribution, nothing learned of how columns go together."""

from typing import Self

import numpy as np
import polars as pl

from synth_assets.store.folder import Folder
from synth_assets.synthesize.protocol import TableSpec
from synth_assets.synthesize.trees.synthesizer import TreesSynthesizer


class IndependentSynthesizer:
    """One native synthesizer a column, with the native engine's promises about rare values and extremes."""

    def __init__(self) -> None:
        self._columns: dict[str, TreesSynthesizer] = {}

    def fit(self, rows: pl.DataFrame, *, table: TableSpec, context: pl.DataFrame | None, seed: int) -> None:
        """Learn each column by itself; `context` is not looked at."""
        del context
        for number, column in enumerate(table.columns):
            model = TreesSynthesizer()
            alone = TableSpec(table.name, (column,), table.min_group)
            model.fit(rows.select(column.name), table=alone, context=None, seed=seed + number)
            self._columns[column.name] = model

    def sample(
        self, n: int, *, context: pl.DataFrame | None, given: pl.DataFrame | None, rng: np.random.Generator
    ) -> pl.DataFrame:
        """`n` rows; given columns come out as they are and change nothing else."""
        del context
        fixed = {} if given is None else {name: given[name] for name in given.columns}
        made = [
            fixed[name] if name in fixed else model.sample(n, context=None, given=None, rng=rng)[name]
            for name, model in self._columns.items()
        ]
        return pl.DataFrame(made) if made else pl.DataFrame(height=n)

    def save(self, folder: Folder) -> None:
        folder.write_json("columns.json", list(self._columns))
        for number, model in enumerate(self._columns.values()):
            model.save(folder.folder(str(number)))

    @classmethod
    def load(cls, folder: Folder) -> Self:
        names = folder.read_json("columns.json")
        if not isinstance(names, list):
            raise TypeError("columns.json does not hold a list")
        made = cls()
        for number, name in enumerate(names):
            made._columns[str(name)] = TreesSynthesizer.load(folder.folder(str(number)))
        return made
