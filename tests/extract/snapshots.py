"""Taking a snapshot in a test."""

import itertools
from pathlib import Path
from typing import Any

from synth_assets.catalog.connection import open_engine
from synth_assets.catalog.model import Catalog
from synth_assets.catalog.reflect import reflect
from synth_assets.extract.snapshot import take_snapshot
from synth_assets.store.store import Artifact, Store
from synth_assets.store.tables import TableRows

_NUMBERS = itertools.count()


class Snapshots:
    """Takes snapshots of any source into one store."""

    def __init__(self, folder: Path) -> None:
        self.store = Store(f"file://{folder}/store", key=bytes(32))

    def catalog(self, url: str) -> Catalog:
        engine = open_engine(url)
        try:
            return reflect(engine)
        finally:
            engine.dispose()

    def artifacts(self, url: str, *, catalog: Catalog | None = None, **options: Any) -> dict[str, Artifact]:
        known = catalog or self.catalog(url)
        defaults: dict[str, Any] = {
            "tables": known.table_names,
            "hold_out": 0.1,
            "foreign_keys": {table.name: table.foreign_keys for table in known.tables},
            "seed": 0,
            "refresh": f"r{next(_NUMBERS)}",
        }
        return take_snapshot(url, catalog=known, store=self.store, dataset="d", **(defaults | options))

    def rows(self, url: str, **options: Any) -> dict[str, TableRows]:
        return {name: TableRows(artifact) for name, artifact in self.artifacts(url, **options).items()}
