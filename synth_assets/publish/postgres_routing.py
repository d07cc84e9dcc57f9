"""Loading a partitioned table of PostgreSQL, so that a reader whose snapshot is older than the load finds its rows.

COPY FREEZE does that for a table and for a single partition. It is not to be had where PostgreSQL itself has to find
the partition of each row. So rows are first sent to partitions of the same bounds in a schema of their own; from these
each partition is then copied into the one that stays, which was made in the same transaction.
"""

from collections.abc import Callable, Sequence

from synth_assets.catalog.sql_text import quoted
from synth_assets.publish.errors import DatabaseFailed
from synth_assets.publish.postgres_connection import PostgresConnection
from synth_assets.publish.postgres_partitions import Partition
from synth_assets.publish.statement import listed

_STEP = "stage"
# The state of a broken check, which then has a name. There are no checks yet.
_NO_PARTITION = "23514"


def load_partitions(
    connection: PostgresConnection,
    table: str,
    *,
    key: str,
    partitions: Sequence[Partition],
    columns: tuple[str, ...],
    stage: str,
    passing: str,
    send: Callable[[str], None],
) -> None:
    """Make a table's partitions in the stage and fill them.

    Args:
        table: A partitioned table without partitions in the stage.
        key: What it is partitioned by.
        columns: All that are not computed from others.
        passing: The name of a schema, made and dropped here, for rows on their way.
        send: Sends the rows to the table at the place given.

    Raises:
        DatabaseFailed: there is no partition for a row, or whatever else the database refuses.
    """
    name = quoted(table)
    place = f"{quoted(passing)}.{name}"
    like = f"(LIKE {quoted(stage)}.{name} INCLUDING DEFAULTS INCLUDING GENERATED INCLUDING IDENTITY)"
    connection.run(f"CREATE SCHEMA {quoted(passing)}", step=_STEP)
    connection.run(f"CREATE TABLE {place} {like} PARTITION BY {key}", step=_STEP, table=table)
    for partition in partitions:
        connection.run(partition.made_in(passing, unlogged=True).sql, step=_STEP, table=table)
    try:
        send(place)
    except DatabaseFailed as failure:
        if failure.code != _NO_PARTITION or failure.constraint is not None:
            raise
        raise DatabaseFailed(
            step=_STEP,
            code=failure.code,
            meaning="none of its partitions takes some of the rows",
            table=table,
            remedy="Make partitions for them in the target, or one for all other rows: "
            f"CREATE TABLE ... PARTITION OF {name} DEFAULT.",
        ) from None
    with connection.another() as beside, connection.transaction(step=_STEP):
        for partition in partitions:
            connection.run(partition.made_in(stage).sql, step=_STEP, table=table)
            if not partition.key:
                _copy(beside, connection, partition.name, source=passing, destination=stage, columns=columns)
    connection.run(f"DROP TABLE {place}; DROP SCHEMA {quoted(passing)}", step=_STEP)


def _copy(
    reader: PostgresConnection,
    writer: PostgresConnection,
    name: str,
    *,
    source: str,
    destination: str,
    columns: tuple[str, ...],
) -> None:
    there, here = (f"{quoted(schema)}.{quoted(name)} ({listed(columns)})" for schema in (source, destination))
    with (
        reader.copy(f"COPY {there} TO STDOUT", table=name, columns=columns) as rows,
        writer.copy(f"COPY {here} FROM STDIN WITH (FREEZE true)", table=name, columns=columns) as copy,
    ):
        for chunk in rows:
            copy.write(chunk)
