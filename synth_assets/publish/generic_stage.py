"""Loading a dataset beside the live tables of a database of any dialect, and comparing it with what was sent."""

import hashlib
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import sqlalchemy
from sqlalchemy import exc, func

from synth_assets.catalog.ownership import OWN_PREFIX
from synth_assets.failpoints import reached
from synth_assets.publish.errors import DatabaseFailed
from synth_assets.publish.generic_tables import GenericDefinition, bare, define
from synth_assets.publish.generic_trial import abilities
from synth_assets.publish.measure import TableMeasure
from synth_assets.publish.request import PublishRequest

_SENT_ROWS = 5_000
_OURS = re.compile(rf"{OWN_PREFIX}([sp])([0-9a-f]{{6}})_[0-9a-f]{{8}}")


@contextmanager
def cleaned(step: str, *, table: str | None = None, is_definition: bool = False) -> Iterator[None]:
    """Turn SQLAlchemy's errors into ours.

    Args:
        is_definition: No row is at hand; what a driver says of rows may hold their values, and is not passed on.
    """
    try:
        yield
    except exc.DBAPIError as error:
        code = _code(error.orig)
        said = " ".join(str(error.orig).split())
        raise DatabaseFailed(
            step=step,
            code=code,
            meaning=said if is_definition else "the database did not carry the statement out",
            table=table,
            lost=error.connection_invalidated,
        ) from None
    except exc.SQLAlchemyError as error:
        said = " ".join(str(error).split()) if is_definition else "SQLAlchemy failed"
        raise DatabaseFailed(step=step, code=type(error).__name__, meaning=said, table=table) from None


def _code(error: BaseException | None) -> str:
    """The driver's class of errors, and the database's number for it where the driver tells one."""
    numbers = (getattr(error, name, None) for name in ("sqlstate", "pgcode", "sqlcode", "errno"))
    told = next((number for number in numbers if number), "")
    return f"{type(error).__name__} {told}".strip()


def staged_name(key: str, table: str) -> str:
    """Short enough for every database: 29 characters."""
    return f"{OWN_PREFIX}s{key}_{_digest(table)[:8]}"


def previous_name(key: str, table: str) -> str:
    return f"{OWN_PREFIX}p{key}_{_digest(table)[:8]}"


def is_staged(name: str, key: str) -> bool:
    """Whether a table is what a publication of this dataset has loaded."""
    found = _OURS.fullmatch(name.lower())
    return found is not None and found.groups() == ("s", key)


def dataset_key(dataset: str, namespace: str | None) -> str:
    return _digest(f"{len(dataset)}:{dataset}:{namespace or ''}")[:6]


class GenericStage:
    """Tables without keys, from nothing to ready for the swap."""

    def __init__(
        self, request: PublishRequest, connection: sqlalchemy.Connection, *, key: str, namespace: str | None
    ) -> None:
        self.request = request
        self._connection = connection
        with cleaned("preflight"):
            self.target = abilities(connection, namespace=namespace, catalog=request.catalog)
        self.definition: GenericDefinition = define(
            request.catalog,
            target=self.target,
            namespace=namespace,
            frames={name: rows.schema for name, rows in request.tables.items()},
        )
        self.tables: Mapping[str, sqlalchemy.Table] = {
            name: bare(table, staged_name(key, name)) for name, table in self.definition.tables.items()
        }
        self._measures: dict[str, TableMeasure] = {}

    def load(self) -> None:
        for name, table in self.tables.items():
            with cleaned("stage", table=name):
                table.create(self._connection)
                self._connection.commit()
        reached("publication.stage.begun")
        for name, table in self.tables.items():
            self._load_table(name, table)
            reached("publication.stage.table")
        reached("publication.stage.keys")

    def differences(self) -> list[str]:
        """What the tables hold otherwise than it was sent, and which references lead nowhere, a line each."""
        found = []
        with cleaned("audit"):
            for name, measure in self._measures.items():
                query = sqlalchemy.select(*self._asked(name, measure)).select_from(self.tables[name])
                answer = self._connection.execute(query).one()
                found += measure.differences(name, answer, expected=self.request.tables[name].rows)
            for table in self.request.catalog.tables:
                # Those to tables outside the dataset are the database's own affair.
                for key in (key for key in table.foreign_keys if key.parent in self.tables):
                    count = self._orphans(table.name, key.parent, key.columns, key.parent_columns)
                    if count:
                        found.append(f"{table.name}: {count} rows refer to rows of {key.parent} that are not there.")
            self._connection.rollback()
        return found

    def _load_table(self, name: str, table: sqlalchemy.Table) -> None:
        sent = self.request.tables[name]
        measure = self._measures[name] = TableMeasure()
        columns = self.request.columns(name)
        if not sent.rows:
            return
        for batch in sent.batches(columns=columns, rows=_SENT_ROWS):
            measure.add(batch)
            with cleaned("stage", table=name):
                self._connection.execute(table.insert(), batch.select(list(columns)).to_dicts())
            reached("publication.stage.rows")
            if self.request.progress is not None:
                self.request.progress(name, batch.height)
        with cleaned("stage", table=name):
            self._connection.commit()

    def _asked(self, name: str, measure: TableMeasure) -> list[sqlalchemy.ColumnElement[Any]]:
        """As `TableMeasure.asked`, in SQLAlchemy's words."""
        table = self.tables[name]
        asked: list[sqlalchemy.ColumnElement[Any]] = [func.count()]
        asked += [func.count(table.c[column]) for column in measure.nulls]
        for column in measure.extremes:
            asked += [func.min(table.c[column]), func.max(table.c[column])]
        return asked

    def _orphans(self, child: str, parent: str, columns: tuple[str, ...], parent_columns: tuple[str, ...]) -> int:
        one, other = self.tables[child].alias("c"), self.tables[parent].alias("p")
        pairs = list(zip(columns, parent_columns, strict=True))
        there = sqlalchemy.exists().where(*(other.c[above] == one.c[below] for below, above in pairs))
        filled = [one.c[below].is_not(None) for below, _ in pairs]
        query = sqlalchemy.select(func.count()).select_from(one).where(*filled, ~there)
        return int(self._connection.execute(query).scalar_one())


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
