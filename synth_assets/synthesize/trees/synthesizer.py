"""The native synthesizer of one table."""

import os
from concurrent.futures import Executor, ThreadPoolExecutor
from typing import Any, Self

import numpy as np
import numpy.typing as npt
import polars as pl

from synth_assets.store.folder import Folder
from synth_assets.synthesize.protocol import Following, TableSpec
from synth_assets.synthesize.trees.coded import Coded
from synth_assets.synthesize.trees.columns import ColumnCodes
from synth_assets.synthesize.trees.drawing import draw
from synth_assets.synthesize.trees.fitting import fit_parts
from synth_assets.synthesize.trees.following import draw_following, told_beforehand
from synth_assets.synthesize.trees.part import Part
from synth_assets.synthesize.trees.saving import (
    FRAMES,
    column_from_json,
    column_to_json,
    part_to_json,
    parts_from,
    parts_to_frames,
)
from synth_assets.synthesize.trees.scale import Codes
from synth_assets.synthesize.trees.settings import read_settings
from synth_assets.synthesize.version import VERSION, check_version


class TreesSynthesizer:
    """Autoregressive decision trees: every column drawn from a leaf of a tree over the columns before it."""

    def __init__(self, **options: Any) -> None:
        """`options` are those of TreesSettings; SettingsRefused if there is no such option or its value is wrong."""
        self.settings = read_settings(options)
        self.columns: tuple[ColumnCodes, ...] = ()
        self.context: tuple[ColumnCodes, ...] = ()
        self.parts: tuple[Part, ...] = ()

    def fit(self, rows: pl.DataFrame, *, table: TableSpec, context: pl.DataFrame | None, seed: int) -> None:
        """Learn the columns of `table` from `rows`, each row with its row of `context`."""
        bins, group = self.settings.bins, table.min_group
        rng = np.random.default_rng(seed)
        seeds = rng.integers(2**31, size=len(table.columns)).tolist()
        with ThreadPoolExecutor(self._threads()) as pool:
            columns = pool.map(
                lambda spec, own: ColumnCodes.fit(rows[spec.name], spec, min_group=group, bins=bins, seed=own),
                table.columns,
                seeds,
            )
            self.columns = tuple(columns)
            around = [] if context is None else context.get_columns()
            self.context = tuple(
                pool.map(lambda series: ColumnCodes.fit_context(series, min_group=group, bins=bins), around)
            )
            self.parts = ()
            if table.columns:
                names = [spec.name for spec in table.columns]
                coded = Coded.of(
                    self._encode(self.context, context, None, pool) + self._encode(self.columns, rows, context, pool),
                    context=self.context,
                    columns=self.columns,
                    nullable=[spec.nullable for spec in table.columns],
                    min_group=group,
                    discover=table.discover,
                    before=table.before,
                    step=table.step,
                    orders=table.orders,
                    after={
                        number: frozenset(names.index(name) for name in spec.after if name in names)
                        for number, spec in enumerate(table.columns)
                        if spec.after
                    },
                )
                leading = [names.index(name) for name in self.settings.leading if name in names]
                self.parts = fit_parts(coded, leading=leading, settings=self.settings, rng=rng, pool=pool)
        self._forget_unused()

    def sample(
        self, n: int, *, context: pl.DataFrame | None, given: pl.DataFrame | None, rng: np.random.Generator
    ) -> pl.DataFrame:
        """`n` rows; see Synthesizer."""
        around = self._surrounding(context, n)
        fixed: dict[int, Codes] = {}
        first = sum(len(column.names) for column in self.context)
        places = {}
        for column in self.columns:
            places[column.name] = range(first, first + len(column.names))
            first += len(column.names)
            if given is not None and column.name in given.columns:
                own = column.encode(given[column.name], _before(column, context))
                fixed.update(zip(places[column.name], own, strict=True))
        codes = draw(self.parts, around, n, fixed, candidates=self.settings.candidates, rng=rng)
        made = [
            given[column.name]
            if given is not None and column.name in given.columns
            else column.decode([codes[place] for place in places[column.name]], rng, _before(column, context))
            for column in self.columns
        ]
        return pl.DataFrame(made, height=n) if made else pl.DataFrame(height=n)

    def save(self, folder: Folder) -> None:
        for name, frame in parts_to_frames(self.parts).items():
            folder.write_frame(f"{name}.parquet", frame)
        folder.write_json(
            "model.json",
            {
                "version": VERSION,
                "settings": self.settings.model_dump(mode="json"),
                "columns": [column_to_json(column) for column in self.columns],
                "context": [column_to_json(column) for column in self.context],
                "parts": [part_to_json(part) for part in self.parts],
            },
        )

    @classmethod
    def load(cls, folder: Folder) -> Self:
        stored: Any = folder.read_json("model.json")
        check_version(stored)
        made = cls(**stored["settings"])
        made.columns = tuple(column_from_json(value) for value in stored["columns"])
        made.context = tuple(column_from_json(value) for value in stored["context"])
        frames = {name: folder.read_frame(f"{name}.parquet") for name in FRAMES}
        made.parts = parts_from(stored["parts"], frames)
        return made

    def sample_following(
        self,
        first: pl.DataFrame,
        lengths: npt.NDArray[np.int64],
        *,
        context: pl.DataFrame,
        following: Following,
        rng: np.random.Generator,
    ) -> pl.DataFrame:
        """All rows of families of which the first rows are known; see FollowingSynthesizer."""
        return draw_following(
            first,
            lengths,
            columns=self.columns,
            context=told_beforehand(self.context, context),
            known=context,
            following=following,
            draw=lambda around, rows: draw(self.parts, around, rows, {}, candidates=self.settings.candidates, rng=rng),
            rng=rng,
        )

    def _surrounding(self, context: pl.DataFrame | None, n: int) -> list[Codes]:
        """The codes of the context; where there is none, none but 0."""
        if context is None:
            return [np.zeros(n, np.uint16) for column in self.context for _ in column.names]
        return [codes for column in self.context for codes in column.encode(context[column.name])]

    def _forget_unused(self) -> None:
        """Leave out columns of the context that no part is drawn by: most of those of many parents."""
        looked_at = {place for part in self.parts for place in part.looked_at()}
        used: list[bool] = []
        places: list[bool] = []
        for column in self.context:
            of_column = range(len(places), len(places) + len(column.names))
            used.append(not looked_at.isdisjoint(of_column))
            places += [used[-1]] * len(of_column)
        unused = ~np.array(places + [True] * sum(len(column.names) for column in self.columns), np.bool_)
        if unused.any():
            self.context = tuple(column for column, kept in zip(self.context, used, strict=True) if kept)
            self.parts = tuple(part.without(unused) for part in self.parts)

    def _threads(self) -> int:
        return self.settings.threads or len(os.sched_getaffinity(0))

    @staticmethod
    def _encode(
        columns: tuple[ColumnCodes, ...], frame: pl.DataFrame | None, context: pl.DataFrame | None, pool: Executor
    ) -> list[Codes]:
        if frame is None:
            return []
        encoded = pool.map(lambda column: column.encode(frame[column.name], _before(column, context)), columns)
        return [codes for parts in encoded for codes in parts]


def _before(column: ColumnCodes, context: pl.DataFrame | None) -> pl.Series | None:
    """The labels of the rows before, for a column that follows them."""
    return None if column.previous is None or context is None else context[column.previous]
