"""One consistent read of a dataset's tables into the store."""

from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack

import sqlalchemy

from synth_assets.catalog.connection import location
from synth_assets.catalog.model import Catalog, ForeignKey
from synth_assets.catalog.reflect import require_tables
from synth_assets.extract.errors import EmptySource
from synth_assets.extract.hold_out import hold_out_rows
from synth_assets.extract.source import Source, TableStream
from synth_assets.failpoints import reached
from synth_assets.store.digest import digest
from synth_assets.store.store import Artifact, ArtifactKey, Draft, Store
from synth_assets.store.tables import ROWS_FILE

STAGE = "snapshot"
FORMATS_FILE = "formats.json"


def take_snapshot(
    url: str,
    *,
    catalog: Catalog,
    tables: Sequence[str],
    store: Store,
    dataset: str,
    refresh: str,
    hold_out: float,
    foreign_keys: Mapping[str, Sequence[ForeignKey]],
    seed: int,
    kept_whole: Collection[str] = (),
    copied: Collection[str] = (),
    progress: Callable[[str, int], None] | None = None,
) -> dict[str, Artifact]:
    """Read all rows of the tables as of one instant, and mark the rows that are held out of training.

    Each table becomes an artifact with `rows.parquet`, `held_out.parquet` and `formats.json`; all of them are
    committed once all tables are read, none if anything fails. An unchanged source gives the same fingerprints.

    Args:
        url: The source, which is only read.
        tables: Names of tables of the catalog, at least one.
        hold_out: Share of every entity root's rows that is held out, with all that hangs on them; see hold_out.py.
        foreign_keys: By child table, the keys among these tables.
        kept_whole: Tables of which no row is held out.
        copied: Tables that are published as they are.
        progress: Called with a table's name and its rows read so far.

    Raises:
        DatabaseUnreachable, LoginRefused, ...: See catalog.connection.open_engine.
        TableMissing: A table is not in the catalog, or no longer in the source.
        SourceChanged: A table is not what the catalog says.
        SourceUnreadable: The source failed, or forbids the read.
        ValueUnreadable: A value cannot be taken over exactly.
        EmptySource: No table has any row.
    """
    require_tables(catalog, tables)
    with ExitStack() as uncommitted:
        drafts: dict[str, Draft] = {}
        for name in tables:
            key = ArtifactKey(dataset, STAGE, name, digest(dataset, name, refresh))
            drafts[name] = uncommitted.enter_context(store.create(key, refresh=refresh))
        with _open_source(url, catalog, tables, copied) as source:
            reached("snapshot.source.held")
            rows = {n: _copy(source.read(catalog.table(n)), drafts[n], n, progress) for n in tables}
        reached("snapshot.read")
        if not any(rows.values()):
            raise EmptySource(location(url), tables)
        held_out = hold_out_rows(
            [catalog.table(name) for name in tables if name not in kept_whole],
            {name: draft.folder for name, draft in drafts.items()},
            foreign_keys=foreign_keys,
            share=hold_out,
            seed=seed,
        )
        reached("snapshot.held_out")
        for name, draft in drafts.items():
            draft.facts.update(rows=rows[name], held_out=held_out.get(name, 0))
    return {name: draft.artifact for name, draft in drafts.items()}


def _copy(stream: TableStream, draft: Draft, table: str, progress: Callable[[str, int], None] | None) -> int:
    with draft.folder.frame_writer(ROWS_FILE, stream.schema) as writer:
        for batch in stream.batches:
            writer.write(batch)
            reached("snapshot.rows")
            if progress is not None:
                progress(table, writer.rows)
        rows = writer.rows
    # A file, not only a fact: the fingerprint then covers how times are written.
    draft.folder.write_json(FORMATS_FILE, dict(stream.formats))
    draft.facts["formats"] = dict(stream.formats)
    return rows


def _open_source(
    url: str, catalog: Catalog, tables: Sequence[str], copied: Collection[str]
) -> AbstractContextManager[Source]:
    """The reader of the url's database family; drivers are imported only for the family that needs them."""
    match sqlalchemy.make_url(url).get_backend_name():
        case "sqlite":
            from synth_assets.extract.sqlite import open_sqlite

            return open_sqlite(url, catalog, tables)
        case "postgresql" | "postgres":
            from synth_assets.extract.postgres import open_postgres

            return open_postgres(url, catalog, tables, copied=copied)
        case "duckdb":
            from synth_assets.extract.duckdb import open_duckdb

            return open_duckdb(url, catalog, tables)
        case "mysql" | "mariadb":
            from synth_assets.extract.mariadb import open_mariadb

            return open_mariadb(url, catalog, tables)
        case _:
            from synth_assets.extract.generic import open_generic

            return open_generic(url, catalog, tables)
