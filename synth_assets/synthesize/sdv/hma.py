"""HMA: SDV's model of a whole dataset, in which a parent's row holds the parameters of its children's distributions.

Small datasets only (Patki et al., 2016, "The Synthetic Data Vault"): the parameters of all children become columns of
the parent. It gets coded columns (coding.py) and row numbers in place of keys; keys are made by the relational layer.
"""

import contextlib
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, Self, cast

import numpy as np
import numpy.typing as npt
import polars as pl

from synth_assets.store.folder import Folder
from synth_assets.synthesize.protocol import TableSpec
from synth_assets.synthesize.sdv.frames import FrameCoding
from synth_assets.synthesize.sdv.options import HMAOptions, read_options
from synth_assets.synthesize.sdv.runtime import draw_seed, run_sdv
from synth_assets.synthesize.trees.synthesizer import TreesSynthesizer

if TYPE_CHECKING:
    import pandas as pd

NO_ROW = -1
ID = "id"

Rows = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Link:
    """A reference of a child table to a parent table; `name` is unique in the dataset."""

    name: str
    child: str
    parent: str


@dataclass(frozen=True)
class LinkedRows:
    """Rows of one table, and the parent's row number (NO_ROW for none) of each by the link's name."""

    rows: pl.DataFrame
    parents: Mapping[str, Rows]


@dataclass(frozen=True)
class _Place:
    """A table's name for SDV, its coded columns, and what draws those that SDV does not learn."""

    alias: str
    columns: tuple[str, ...]
    coding: FrameCoding
    rest: TreesSynthesizer


class HMA:
    """A model of all tables of a dataset.

    Raises:
        OptionRefused: An option does not exist or cannot have that value.
    """

    def __init__(self, **options: Any) -> None:
        self._options = read_options(HMAOptions, options)
        self._places: dict[str, _Place] = {}
        self._links: tuple[Link, ...] = ()
        self._model: Any = None

    def fit(
        self, tables: Mapping[str, LinkedRows], *, specs: Mapping[str, TableSpec], links: Sequence[Link], seed: int
    ) -> None:
        """Learn all tables; none may be empty.

        Raises:
            EngineFailed: SDV gave up.
        """
        import pandas as pd

        self._links = tuple(links)
        frames: dict[str, pd.DataFrame] = {}
        rng = np.random.default_rng(seed)
        for number, (name, table) in enumerate(tables.items()):
            spec = specs[name]
            coding = FrameCoding.fit(table.rows, spec.columns, min_group=spec.min_group)
            rest = TreesSynthesizer()
            left = TableSpec(name, tuple(s for s in spec.columns if s.name not in coding.names), spec.min_group)
            rest.fit(table.rows.select(s.name for s in left.columns), table=left, context=None, seed=seed)
            place = _Place(f"t{number}", tuple(s.name for s in spec.columns), coding, rest)
            self._places[name] = place
            frame = coding.encode(table.rows, rng)
            frame.insert(0, ID, _ids(np.arange(table.rows.height)))
            for at, link in self._keys(name):
                frame[at] = _ids(table.parents[link.name])
            frames[place.alias] = frame
        self._model = self._run("learning", lambda: self._fitted(frames), seed)

    def _keys(self, child: str) -> list[tuple[str, Link]]:
        """SDV's columns for the references of a table."""
        return [(f"f{at}", link) for at, link in enumerate(self._links) if link.child == child]

    def _fitted(self, frames: "dict[str, pd.DataFrame]") -> Any:
        from sdv.multi_table import HMASynthesizer

        model = HMASynthesizer(self._metadata(), verbose=False)
        children = {link.child for link in self._links}
        for name, place in self._places.items():
            if name not in children:
                model.set_table_parameters(place.alias, self._options.model_dump())
        with _in_order(model):
            model.fit(frames)
        return model

    def _metadata(self) -> Any:
        from sdv.metadata import Metadata

        tables = {}
        for name, place in self._places.items():
            columns = {ID: "id", **place.coding.sdtypes, **{at: "id" for at, _ in self._keys(name)}}
            tables[place.alias] = {
                "primary_key": ID,
                "columns": {column: {"sdtype": sdtype} for column, sdtype in columns.items()},
            }
        relationships = [
            {
                "parent_table_name": self._places[link.parent].alias,
                "child_table_name": self._places[link.child].alias,
                "parent_primary_key": ID,
                "child_foreign_key": f"f{at}",
            }
            for at, link in enumerate(self._links)
        ]
        return Metadata.load_from_dict(
            {"METADATA_SPEC_VERSION": "V2", "tables": tables, "relationships": relationships}
        )

    def sample(self, *, scale: float, rng: np.random.Generator) -> dict[str, LinkedRows]:
        """All tables, about `scale` times as big as the fitted ones.

        Raises:
            EngineFailed: SDV gave up.
        """
        drawn = self._run("sampling", lambda: self._drawn(scale), draw_seed(rng))
        rows_of = {
            name: {word: at for at, word in enumerate(drawn[place.alias][ID].tolist())}
            for name, place in self._places.items()
        }
        made = {}
        for name, place in self._places.items():
            frame = drawn[place.alias]
            rest = place.rest.sample(len(frame), context=None, given=None, rng=rng)
            columns = place.coding.decode(frame, rng) | {column: rest[column] for column in rest.columns}
            parents = {
                link.name: np.array([rows_of[link.parent].get(word, NO_ROW) for word in frame[at].tolist()], np.int64)
                for at, link in self._keys(name)
            }
            rows = pl.DataFrame([columns[column] for column in place.columns], height=len(frame))
            made[name] = LinkedRows(rows, parents)
        return made

    def _drawn(self, scale: float) -> "dict[str, pd.DataFrame]":
        """What HMASynthesizer.sample_scale does, but in the same order and from the seeded generator.

        SDV walks the tables in the order of Python sets of texts, which differs from process to process, and draws the
        children of every parent from one and the same seed.
        """
        from sdv.single_table import base

        model, fixed = self._model, base.FIXED_RNG_SEED
        children = {link.child for link in self._links}
        sampled: dict[str, pd.DataFrame] = {}
        base.FIXED_RNG_SEED = None
        try:
            for synthesizer in model._table_synthesizers.values():  # noqa: SLF001 (SDV has no public way)
                synthesizer.reset_sampling()
            with _in_order(model):
                for name, place in self._places.items():
                    if name in children:
                        continue
                    rows = max(1, round(model._table_sizes[place.alias] * scale))  # noqa: SLF001
                    synthesizer = model._table_synthesizers[place.alias]  # noqa: SLF001
                    sampled[place.alias] = model._sample_rows(synthesizer, rows)  # noqa: SLF001
                    model._sample_children(place.alias, sampled, scale)  # noqa: SLF001
                for child, parent in dict.fromkeys((link.child, link.parent) for link in self._links):
                    below, above = self._places[child].alias, self._places[parent].alias
                    model._add_foreign_key_columns(sampled[below], sampled[above], below, above)  # noqa: SLF001
            return cast("dict[str, pd.DataFrame]", model._finalize(sampled))  # noqa: SLF001
        finally:
            base.FIXED_RNG_SEED = fixed

    def _run(self, doing: str, work: Any, seed: int) -> Any:
        return run_sdv(work, engine=HMAOptions.engine, table=", ".join(self._places), doing=doing, seed=seed)

    def save(self, folder: Folder) -> None:
        """SDV's own pickle of the model, and all else as JSON and Parquet."""
        import cloudpickle  # type: ignore[import-untyped]

        folder.write_json(
            "engine.json",
            {
                "options": self._options.model_dump(mode="json"),
                "links": [asdict(link) for link in self._links],
                "tables": [
                    {
                        "name": name,
                        "alias": place.alias,
                        "columns": list(place.columns),
                        "coding": place.coding.to_json(),
                    }
                    for name, place in self._places.items()
                ],
            },
        )
        for place in self._places.values():
            place.rest.save(folder.folder(place.alias))
        folder.write_bytes("sdv.pickle", cast(bytes, cloudpickle.dumps(self._model)))

    @classmethod
    def load(cls, folder: Folder) -> Self:
        """A fitted model; its pickle is opened only after the store has authenticated it (see SingleTable.load)."""
        import cloudpickle

        stored: Any = folder.read_json("engine.json")
        made = cls(**stored["options"])
        made._links = tuple(Link(**link) for link in stored["links"])
        for table in stored["tables"]:
            rest = TreesSynthesizer.load(folder.folder(table["alias"]))
            coding = FrameCoding.from_json(table["coding"])
            made._places[table["name"]] = _Place(table["alias"], tuple(table["columns"]), coding, rest)
        made._model = cloudpickle.loads(folder.read_bytes("sdv.pickle"))
        return made


@contextlib.contextmanager
def _in_order(model: Any) -> Iterator[None]:
    """Let SDV visit the children of a table in the order of the relationships."""
    children: dict[str, list[str]] = defaultdict(list)
    for relationship in model.metadata.relationships:
        of_parent = children[relationship["parent_table_name"]]
        if relationship["child_table_name"] not in of_parent:
            of_parent.append(relationship["child_table_name"])
    model.metadata._get_child_map = lambda: children  # noqa: SLF001
    try:
        yield
    finally:
        del model.metadata._get_child_map  # noqa: SLF001


def _ids(rows: Rows) -> npt.NDArray[Any]:
    return np.array([f"r{row}" if row >= 0 else None for row in rows.tolist()], dtype=object)
