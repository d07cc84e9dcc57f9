"""Preflight in MariaDB and MySQL: everything is created once on trial, without rows, in a database that goes again."""

from collections.abc import Iterator, Sequence

from synth_assets.catalog.sql_text import quoted
from synth_assets.publish.errors import DatabaseFailed
from synth_assets.publish.finding import Finding
from synth_assets.publish.mariadb_connection import MariadbConnection, quoted_place
from synth_assets.publish.mariadb_ddl import MariadbDefinition, MariadbTable, altering, create
from synth_assets.publish.mariadb_schema import collisions, databases, drop_database, outside_dependents
from synth_assets.publish.mariadb_stage import MariadbStage
from synth_assets.publish.statement import Statement

_DROP_THEM = "Drop what depends on the tables, and make it again after the refresh; it is never dropped for you."
_EXCLUDE = "Create in the target what the definition names, or exclude the table."
# Where MySQL can take rights away from single databases (`partial_revokes`), it reads no pattern in a name of theirs.
_NEEDED = "SELECT, INSERT, UPDATE, DELETE, CREATE, DROP, ALTER, INDEX, REFERENCES, TRIGGER"
_TRIAL_TABLE = "synth_assets_trial"


def preflight(
    connection: MariadbConnection, stage: MariadbStage, outgoing: Sequence[str], *, live: str, trial: str
) -> list[Finding]:
    """Every reason why this database cannot take the dataset. Fills `stage.left_out`.

    Args:
        live: The target's database.
        trial: A database of ours that does not exist yet; it is gone again at the end.
    """
    found = list(stage.definition.findings)
    found += _server(connection, stage)
    for table, what in outside_dependents(connection, live, outgoing, step="preflight"):
        found.append(Finding(table=table, problem=f"{what} depends on it.", remedy=_DROP_THEM))
    names = stage.request.catalog.table_names
    for what in collisions(connection, live, names):
        found.append(
            Finding(
                problem=f"database {live} has a {what}, whose name a table of the dataset needs.",
                remedy="Rename or drop it, or publish into another database.",
            )
        )
    if found:
        return found
    try:
        found += _rights(connection, live=live, trial=trial)
        if not found:
            found += _on_trial(connection, stage, stage.define(trial), trial)
    finally:
        if not connection.is_lost and trial in databases(connection, step="preflight"):
            drop_database(connection, trial, step="preflight")
    return found


def _server(connection: MariadbConnection, stage: MariadbStage) -> Iterator[Finding]:
    read_only, lower = connection.rows("SELECT @@GLOBAL.read_only, @@GLOBAL.lower_case_table_names", step="preflight")[
        0
    ]
    if read_only:
        yield Finding(problem="the server is read-only: a replica.", remedy="Use the url of its primary.")
    mixed = [name for name in stage.request.catalog.table_names if name != name.lower()]
    if lower and mixed:
        yield Finding(
            table=mixed[0],
            problem="the server keeps names of tables in lower case, or takes them for the same.",
            remedy="Use a server with lower_case_table_names = 0, or leave the table out (mode: exclude).",
        )


def _rights(connection: MariadbConnection, *, live: str, trial: str) -> Iterator[Finding]:
    """Whether tables can be moved between the target's database and ours, tried with an empty one."""
    user = connection.value("SELECT CURRENT_USER()", step="preflight")
    name, _, host = str(user).rpartition("@")
    grant = _grants(connection, f"'{name}'@'{host}'", live)
    here, there = quoted_place(live, _TRIAL_TABLE), quoted_place(trial, _TRIAL_TABLE)
    statements = (
        f"CREATE DATABASE {quoted(trial)}",
        f"CREATE TABLE {there} (id int PRIMARY KEY) ENGINE=InnoDB",
        f"RENAME TABLE {there} TO {here}",
        f"RENAME TABLE {here} TO {there}",
    )
    for statement in statements:
        try:
            connection.run(statement, step="preflight")
        except DatabaseFailed as failure:
            if connection.is_lost:
                raise
            yield Finding(
                problem=f"user {user} may not move tables between {live} and databases of ours ({failure.meaning}).",
                remedy=grant,
            )
            return


def _grants(connection: MariadbConnection, user: str, live: str) -> str:
    """What gives the user all that a publication needs."""
    takes_no_patterns = connection.dialect == "mysql" and connection.value(
        "SELECT @@GLOBAL.partial_revokes", step="preflight"
    )
    if takes_no_patterns:
        return f"GRANT {_NEEDED} ON *.* TO {user};"
    return rf"GRANT ALL ON `synth\_assets\_%`.* TO {user}; GRANT ALL ON `{live}`.* TO {user};"


def _on_trial(
    connection: MariadbConnection, stage: MariadbStage, definition: MariadbDefinition, trial: str
) -> list[Finding]:
    connection.run("SET SESSION foreign_key_checks = 0", step="preflight")
    found: list[Finding] = []
    for table in definition.tables.values():
        _leave_out(connection, stage, table, trial)
        sql = create(table, database=trial, left_out=frozenset(stage.left_out))
        found += _attempt(connection, Statement(sql, table.name, "its definition"))
    if found:
        # What comes next would fail for the same reasons again.
        return found
    for alterations in (definition.later, definition.foreign_keys):
        for name, statements in alterations.items():
            found += _alter(connection, quoted_place(trial, name), statements)
    return found


def _alter(connection: MariadbConnection, place: str, statements: Sequence[Statement]) -> list[Finding]:
    """All at once, which is faster, and one by one only to find which is refused."""
    table = statements[0].table
    together = Statement(altering(place, statements), table, "its keys")
    if not _attempt(connection, together):
        return []
    alone = [Statement(altering(place, [one]), table, one.subject) for one in statements]
    return [finding for statement in alone for finding in _attempt(connection, statement)]


def _leave_out(connection: MariadbConnection, stage: MariadbStage, table: MariadbTable, trial: str) -> None:
    """Find the checks, written for another dialect, that the server does not take."""
    for check in table.checks:
        if check.optional:
            others = frozenset(other for other in table.checks if other is not check)
            sql = create(table, database=trial, left_out=others)
            if _attempt(connection, Statement(sql, table.name, check.subject)):
                bare = create(table, database=trial, left_out=frozenset(table.checks))
                if _attempt(connection, Statement(bare, table.name, check.subject)):
                    # The table itself is refused, and will be by its own name.
                    return
                stage.left_out.add(check)
            connection.run(f"DROP TABLE {quoted_place(trial, table.name)}", step="preflight")


def _attempt(connection: MariadbConnection, statement: Statement) -> list[Finding]:
    try:
        connection.run(statement.sql, step="preflight", table=statement.table)
    except DatabaseFailed as failure:
        if connection.is_lost:
            raise
        problem = f"{statement.subject}: {failure.meaning} (error {failure.code})."
        return [Finding(table=statement.table, problem=problem, remedy=_EXCLUDE)]
    return []
