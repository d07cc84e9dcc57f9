"""A dataset in a store, ready to be published: what the stages before publishing hand over."""

import os
import secrets
import signal
import subprocess
import sys
import textwrap
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import polars as pl

from synth_assets.catalog.connection import open_engine
from synth_assets.catalog.model import Catalog
from synth_assets.catalog.reflect import reflect
from synth_assets.plan.resources import DatabaseSettings
from synth_assets.publish.publication import Publication
from synth_assets.publish.publish import publish
from synth_assets.store.store import ArtifactKey, Store
from synth_assets.store.tables import ROWS_FILE, TableRows
from synth_assets.store.verdict import CheckResult, Verdict, dataset_fingerprint
from synth_assets.store.verdicts import save_verdict, sign_verdict

HOSTILE = ("", None, "\\.", "\\N", "a\r\nb", "'; DROP TABLE x; --", '"', "%s", "😀", "NUL\x00here", " pad ")


def hostile_frame() -> pl.DataFrame:
    """Rows of values, under names, that read like parts of a statement or of a file to copy."""
    data = [None if value is None else value.encode() for value in HOSTILE]
    return pl.DataFrame({"select": range(len(HOSTILE)), "%s": HOSTILE, 'x"y': data, "ünïcode 😀": HOSTILE})


def settings(
    *, role: str = "target", environment: str | None = "staging", schema: str | None = None
) -> DatabaseSettings:
    return DatabaseSettings.model_validate(
        {"role": role, "environment": environment, "url": "sqlite:///not-used.db", "schema": schema}
    )


@dataclass
class Dataset:
    """One dataset's catalog, rows and verdict."""

    catalog: Catalog
    tables: dict[str, TableRows]
    store: Store
    name: str = "shop"
    refresh: str = "r1"
    options: dict[str, Any] = field(default_factory=dict)

    @property
    def fingerprint(self) -> str:
        return dataset_fingerprint({name: rows.fingerprint for name, rows in self.tables.items()})

    def judge(self, *, passed: bool = True, fingerprint: str | None = None) -> Verdict:
        failed = CheckResult(
            name="copies", table=None, family="privacy", passed=False, description="Too many exact copies."
        )
        verdict = Verdict(
            dataset=self.name,
            refresh=self.refresh,
            fingerprint=fingerprint or self.fingerprint,
            passed=passed,
            checks=() if passed else (failed,),
            figures={},
        )
        signed = sign_verdict(self.store, verdict)
        save_verdict(self.store, signed)
        return signed

    def publish(self, url: str, **options: Any) -> Publication:
        schema = options.pop("schema", None)
        given: dict[str, Any] = {
            "target": "staging",
            "database": settings(schema=schema),
            "sources": {},
            "patience": 5.0,
            "retry": (),
            **self.options,
            **options,
        }
        return publish(
            url=url,
            dataset=self.name,
            catalog=self.catalog,
            tables=self.tables,
            store=self.store,
            refresh=self.refresh,
            **given,
        )


def dataset(
    catalog: Catalog,
    frames: Mapping[str, pl.DataFrame],
    *,
    name: str = "shop",
    refresh: str = "r1",
    formats: Mapping[str, Mapping[str, str]] | None = None,
    judged: bool = True,
) -> Dataset:
    """Rows in a store in memory, and unless `judged` is false a passing verdict on them."""
    store = Store(f"memory://{secrets.token_hex(8)}", key=bytes(32))
    tables = {}
    for table, frame in frames.items():
        key = ArtifactKey(name, "synthetic", table, secrets.token_hex(8))
        with store.create(key, refresh=refresh) as draft:
            draft.folder.write_frame(ROWS_FILE, frame)
            draft.facts.update(rows=frame.height, formats=dict((formats or {}).get(table, {})))
        tables[table] = TableRows(draft.artifact)
    made = Dataset(catalog, tables, store, name=name, refresh=refresh)
    if judged:
        made.judge()
    return made


def publish_and_be_killed(catalog: Catalog, url: str, *, shop: str, folder: Path) -> None:
    """Publish refresh 2 in a process that is killed when it has sent the first rows of `orders`.

    Args:
        shop: The module whose `shop_frames` makes the rows.
        folder: For the catalog on its way to that process.
    """
    (folder / "catalog.json").write_text(catalog.model_dump_json())
    script = textwrap.dedent(
        f"""
        import os, signal
        from pathlib import Path
        from synth_assets.catalog.model import Catalog
        from tests.publish.parts import dataset
        from {shop} import shop_frames
        catalog = Catalog.model_validate_json(Path({str(folder / "catalog.json")!r}).read_text())
        def kill(table, rows):
            if table == "orders":
                os.kill(os.getpid(), signal.SIGKILL)
        dataset(catalog, shop_frames(2), refresh="r2").publish({url!r}, progress=kill)
        """
    )
    root = Path(__file__).parents[2]
    path = os.pathsep.join([str(root), *filter(None, [os.environ.get("PYTHONPATH")])])
    killed = subprocess.run(
        [sys.executable, "-c", script], cwd=root, env=os.environ | {"PYTHONPATH": path}, check=False
    )
    assert killed.returncode == -signal.SIGKILL


def catalog_of(url: str, namespace: str | None = None) -> Catalog:
    return reflect(open_engine(url), namespace=namespace)
