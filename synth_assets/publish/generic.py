"""Publishing into a database of any other dialect, by what SQLAlchemy and one transaction can do."""

import contextlib
import time
from collections.abc import Iterator, Mapping, Sequence

import sqlalchemy

from synth_assets.catalog.connection import open_engine
from synth_assets.catalog.errors import DatabaseError
from synth_assets.catalog.identity import server_identity
from synth_assets.catalog.model import Catalog
from synth_assets.catalog.ownership import is_own_table
from synth_assets.catalog.reflect import reflect_connection
from synth_assets.catalog.schemas import schema_names
from synth_assets.failpoints import reached
from synth_assets.publish.errors import DatabaseFailed, NothingToRollBack, OutcomeUnknown
from synth_assets.publish.finding import Finding
from synth_assets.publish.generic_ledger import GenericLedger
from synth_assets.publish.generic_stage import (
    GenericStage,
    cleaned,
    dataset_key,
    is_staged,
    previous_name,
    staged_name,
)
from synth_assets.publish.generic_swap import Exchange, copy, swap
from synth_assets.publish.generic_tables import bare, written
from synth_assets.publish.generic_trial import is_trial, trial_table
from synth_assets.publish.ledger import LedgerEntry, live_entries, published, rolled_back, to_roll_back
from synth_assets.publish.marker import Marker
from synth_assets.publish.request import PublishRequest
from synth_assets.publish.server import SETTLE_SECONDS
from synth_assets.publish.staged import StagedPublisher
from synth_assets.publish.state import TargetState


class GenericPublisher(StagedPublisher[GenericStage]):
    """A target of a dialect that has no publisher of its own. See `synth_assets.publish.protocol.Publisher`.

    There are no locks that every database has: of two publications of a dataset at once, the one that comes to its
    swap last finds another ledger than it knew and gives up.
    """

    def __init__(self, target: str, url: str, *, namespace: str | None) -> None:
        super().__init__()
        self._target = target
        self._url = url
        self._namespace = namespace
        self._connection = open_engine(url).connect()
        self._ledger = GenericLedger(namespace)
        self._dataset: str | None = None

    def state(self) -> TargetState:
        with cleaned("guard"):
            self._connection.rollback()
            identity = server_identity(self._connection)
            inspector = sqlalchemy.inspect(self._connection)
            every = {
                f"{schema}.{name}" if schema else name
                for schema in {*schema_names(inspector), self._namespace or inspector.default_schema_name}
                if not _is_system(schema)
                for name in inspector.get_table_names(schema)
                if not is_own_table(name)
            }
            state = TargetState(
                identity=identity,
                marker=self._ledger.read_marker(self._connection),
                tables=frozenset(self._tables()),
                all_tables=frozenset(every),
                entries=tuple(self._ledger.read(self._connection)),
            )
            self._connection.rollback()
        return state

    def mark(self, marker: Marker) -> None:
        # It has its identity from the mark that is made here.
        with cleaned("authorize"):
            self._ledger.mark(self._connection, marker.model_copy(update={"identity": None}))

    @property
    def keeps_others_away(self) -> bool:
        return False

    def lock(self, dataset: str, *, patience: float) -> None:
        del patience
        self._dataset = dataset

    def clean(self) -> Sequence[str]:
        key = self._key()
        with cleaned("clean"):
            found = [name for name in self._tables(ours=True) if is_staged(name, key) or is_trial(name)]
            for name in found:
                self._drop(name)
        return found

    def preflight(self, request: PublishRequest) -> Sequence[Finding]:
        dialect = self._connection.dialect.name
        self._stage = GenericStage(request, self._connection, key=self._key(), namespace=self._namespace)
        self._notes = [
            f"{dialect} has no path of its own here: all rows go by INSERT, and again in the swap, which takes longer.",
            *self._stage.definition.notes,
        ]
        found = [*self._stage.definition.findings, *self._other_columns(), *self._self_references()]
        return found or [*self._without_transactions(), *self._refused_tables()]

    def stage(self) -> None:
        stage = self._prepared()
        # Empty until the swap: readers find no row of a table that they did not find at all.
        with cleaned("stage"):
            stage.definition.metadata.create_all(self._connection, checkfirst=True)
            self._connection.commit()
        stage.load()

    def live_catalog(self) -> Catalog:
        with cleaned("preflight"):
            found = reflect_connection(self._connection, namespace=self._namespace)
            self._connection.rollback()
        return found

    def published_shape(self, fingerprint: str) -> Catalog | None:
        with cleaned("preflight"):
            found = self._ledger.read_shape(self._connection, fingerprint)
            self._connection.rollback()
        return found

    def staged_rows(self) -> contextlib.AbstractContextManager[None]:
        return contextlib.nullcontext()

    def staged_catalog(self) -> Catalog:
        # The tables beside the live ones hold rows for these, which are there by then.
        return self.live_catalog()

    def swap(self, shape: Catalog) -> LedgerEntry:
        stage = self._prepared()
        request = stage.request
        live = self._live(request.dataset)
        by = str(self._connection.engine.url.username or "unknown")
        entry = published(
            request,
            namespace=self._namespace or "",
            previous=live.refresh if live is not None else None,
            by=by,
            shape=shape,
        )
        gone = [name for name in (live.counts if live is not None else ()) if name not in stage.tables]
        sent = {name: request.columns(name) for name in stage.tables}
        self._swap(stage.definition.tables, stage.tables, gone, entry, live, sent=sent, shape=shape)
        return entry

    def rollback(self, dataset: str, *, target: str, patience: float) -> LedgerEntry:
        del patience
        key = self._key()
        live = to_roll_back(self._live(dataset), target=target, dataset=dataset)
        with cleaned("rollback"):
            entries = self._ledger.read(self._connection)
            entry = rolled_back(live, entries, by=str(self._connection.engine.url.username or "unknown"))
            there = {*self._tables(), *self._tables(ours=True)}
            lacking = [name for name in entry.counts if not {name, previous_name(key, name)} <= there]
            if lacking:
                raise NothingToRollBack(target, dataset, f"the earlier rows of {lacking[0]} are not kept")
            tables = self._reflected(list(entry.counts))
            incoming = {name: bare(table, staged_name(key, name)) for name, table in tables.items()}
            for table in incoming.values():
                table.create(self._connection)
            self._connection.commit()
        copy(
            self._connection,
            {incoming[name]: bare(table, previous_name(key, name)) for name, table in tables.items()},
        )
        gone = [name for name in live.counts if name not in tables]
        sent = {name: tuple(column.name for column in written(table)) for name, table in tables.items()}
        self._swap(tables, incoming, gone, entry, live, sent=sent)
        return entry

    def close(self) -> None:
        if self._dataset is not None and not self._connection.closed and not self._connection.invalidated:
            # What cannot be removed now, the next publication removes.
            with contextlib.suppress(DatabaseFailed):
                self._connection.rollback()
                self.clean()
        self._connection.close()

    def _swap(
        self,
        tables: Mapping[str, sqlalchemy.Table],
        incoming: Mapping[str, sqlalchemy.Table],
        gone: Sequence[str],
        entry: LedgerEntry,
        known: LedgerEntry | None,
        *,
        sent: Mapping[str, tuple[str, ...]],
        shape: Catalog | None = None,
    ) -> None:
        exchanges = [
            Exchange(
                live=table,
                incoming=incoming[name],
                previous=self._keeping(name, table),
                columns=tuple(column.name for column in written(table)),
                sent=sent[name],
            )
            for name, table in tables.items()
        ]
        emptied = list(self._reflected(gone).values())
        try:
            swap(
                self._connection,
                exchanges,
                emptied=emptied,
                entry=entry,
                shape=shape,
                known=known,
                ledger=self._ledger,
                target=self._target,
            )
        except DatabaseFailed as failure:
            if not failure.lost or not self._came_through(entry):
                raise
        try:
            self.clean()
        except DatabaseFailed as failure:
            # The target is new already.
            self._notes.append(f"Tables of ours could not be removed ({failure.code}); the next publication does it.")
        reached("publication.swap.done")

    def _came_through(self, entry: LedgerEntry) -> bool:
        """Whether a commit whose answer was lost took place: the ledger knows, once the lost session is over."""
        deadline = time.monotonic() + SETTLE_SECONDS
        while True:
            self._connection.close()
            try:
                self._connection = open_engine(self._url).connect()
                with cleaned("swap"):
                    # Waits for the end of that session, if it is still there.
                    self._ledger.hold(self._connection)
                    known = self._ledger.read(self._connection)
                    self._connection.rollback()
                return any(there.publication == entry.publication for there in known)
            except (DatabaseError, DatabaseFailed):
                if time.monotonic() > deadline:
                    raise OutcomeUnknown(self._target, entry.refresh) from None
            time.sleep(0.5)

    def _keeping(self, name: str, table: sqlalchemy.Table) -> sqlalchemy.Table:
        """The table for the rows of the refresh before, made if it is not there with the same columns."""
        made = bare(table, previous_name(self._key(), name))
        with cleaned("swap"):
            if made.name in self._tables(ours=True):
                if self._columns(made.name) == set(made.columns.keys()):
                    return made
                self._drop(made.name)
            made.create(self._connection)
            self._connection.commit()
        return made

    def _reflected(self, names: Sequence[str]) -> dict[str, sqlalchemy.Table]:
        """Live tables as the database knows them, parents before children."""
        metadata = sqlalchemy.MetaData(schema=self._namespace)
        with cleaned("swap"):
            metadata.reflect(self._connection, schema=self._namespace, only=[*names] if names else lambda *_: False)
        return {table.name: table for table in metadata.sorted_tables if table.name in names}

    def _other_columns(self) -> Iterator[Finding]:
        there = self._tables()
        for name, table in self._prepared().definition.tables.items():
            if name in there and self._columns(name) != set(table.columns.keys()):
                yield Finding(
                    table=name,
                    problem="the target's table has other columns, which cannot be altered in one step here.",
                    remedy="Drop it; the next publication makes it anew.",
                )

    def _self_references(self) -> Iterator[Finding]:
        stage = self._prepared()
        inspector, there = sqlalchemy.inspect(self._connection), self._tables()
        for table in stage.request.catalog.tables:
            own = [key for key in table.foreign_keys if key.parent == table.name]
            if stage.target.keeps_self_references or not own or table.name not in there:
                continue
            for key in inspector.get_foreign_keys(table.name, self._namespace):
                if key["referred_table"] == table.name:
                    yield Finding(
                        table=table.name,
                        problem=f"its key {key['name'] or ''} refers to the table itself, and this database compares "
                        "row by row as they come: the rows cannot be exchanged.",
                        remedy="Drop that constraint there; the audit compares these references all the same.",
                    )

    def _without_transactions(self) -> Iterator[Finding]:
        trial = trial_table(self._namespace, sqlalchemy.Column("id", sqlalchemy.Integer()))
        try:
            with cleaned("preflight"):
                trial.create(self._connection)
                self._connection.commit()
                self._connection.execute(trial.insert().values(id=1))
                self._connection.rollback()
                left = self._connection.execute(sqlalchemy.select(sqlalchemy.func.count()).select_from(trial)).scalar()
                self._connection.rollback()
                trial.drop(self._connection)
                self._connection.commit()
        except DatabaseFailed as failure:
            yield Finding(
                problem=f"its user cannot make tables and write to them ({failure.code}).",
                remedy="Grant the rights to create and drop tables, and to insert into them.",
            )
            return
        if left:
            yield Finding(
                problem="the database has no transactions: readers would see parts of a refresh.",
                remedy="Publish into a database that has them.",
            )

    def _refused_tables(self) -> Iterator[Finding]:
        """What the database does not take, tried with tables that are dropped at once."""
        there = self._tables()
        made: list[sqlalchemy.Table] = []
        refused: set[str] = set()
        for name, table in self._prepared().definition.tables.items():
            # What refers to a refused table would be refused for that alone.
            if name in there or refused & {key.referred_table.name for key in table.foreign_key_constraints}:
                continue
            try:
                with cleaned("preflight", table=name, is_definition=True):
                    table.create(self._connection)
                    self._connection.commit()
                made.append(table)
            except DatabaseFailed as failure:
                self._connection.rollback()
                refused.add(name)
                yield Finding(
                    table=name,
                    problem=f"the database does not take its definition ({failure.meaning}).",
                    remedy="Create the table by hand with the same columns, or leave it out (mode: exclude).",
                )
        with cleaned("preflight"):
            for table in reversed(made):
                table.drop(self._connection)
            self._connection.commit()

    def _tables(self, *, ours: bool = False) -> list[str]:
        names = sqlalchemy.inspect(self._connection).get_table_names(self._namespace)
        return [name for name in names if is_own_table(name) == ours]

    def _columns(self, name: str) -> set[str]:
        return {
            str(column["name"]) for column in sqlalchemy.inspect(self._connection).get_columns(name, self._namespace)
        }

    def _drop(self, name: str) -> None:
        sqlalchemy.Table(name, sqlalchemy.MetaData(schema=self._namespace)).drop(self._connection)
        self._connection.commit()

    def _live(self, dataset: str) -> LedgerEntry | None:
        with cleaned("swap"):
            found = live_entries(self._ledger.read(self._connection)).get(dataset)
            self._connection.rollback()
        return found

    def _key(self) -> str:
        if self._dataset is None:
            raise RuntimeError("lock() comes before every step that writes")
        return dataset_key(self._dataset, self._namespace)


def _is_system(schema: str | None) -> bool:
    return (schema or "").lower() in ("information_schema", "pg_catalog", "sys")
