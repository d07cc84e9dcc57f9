"""Running a table's suite as SQL where the table lies."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from typing import Any

import polars as pl
import sqlalchemy
from sqlalchemy import exc

from synth_assets.silence import silent_libraries
from synth_assets.store.verdict import CheckResult
from synth_assets.validate.expectations import Expected
from synth_assets.validate.great_expectations_runtime import ephemeral_context, expectation_class
from synth_assets.validate.results import not_applicable
from synth_assets.validate.sql_expectations import in_sql, plain_names, renamed
from synth_assets.validate.suite_results import COUNTS, FAMILY, NUMBER, as_check, broken_share, is_evaluated

_NO_COUNTS = {"result_format": "BOOLEAN_ONLY"}


def run_in_database(
    table: str,
    suite: Sequence[Expected],
    *,
    engine: sqlalchemy.Engine,
    rows: sqlalchemy.Select[Any],
    schema: pl.Schema,
    dialect: str,
) -> list[CheckResult]:
    """One check for each expectation, in their order; of those that SQL cannot say, one that says so.

    What the database cannot compute is found by asking it of no rows. Whatever then fails over the rows has not passed.

    Args:
        engine: Leads to the table. Nothing is written by it, and no temporary table made.
        rows: What is judged: the columns of `schema`.
        schema: The kinds of their values.
        dialect: SQLAlchemy's name of the database.
    """
    asked = {n: said for n, e in enumerate(suite) if (said := in_sql(e, schema, dialect=dialect)) is not None}
    names = plain_names(schema)
    if names:
        asked = {n: said for n, e in asked.items() if (said := renamed(e, names)) is not None}
        columns = rows.subquery().c
        rows = sqlalchemy.select(*(columns[name].label(names.get(name, name)) for name in schema))
        schema = pl.Schema({names.get(name, name): dtype for name, dtype in schema.items()})
    with silent_libraries():
        context = ephemeral_context()
        with closing(_Validator(context, engine, rows.where(sqlalchemy.false()), schema)) as validator:
            of_none = validator.run(asked, _NO_COUNTS)
        computable = {n: said for n, said in asked.items() if is_evaluated(of_none[n])}
        with closing(_Validator(context, engine, rows, schema)) as validator:
            found = validator.run(computable, _NO_COUNTS)
            broken = {n: computable[n] for n, result in found.items() if not result.success and is_evaluated(result)}
            counted = validator.run(broken, COUNTS)
        shares = {n: broken_share(result) for n, result in counted.items() if is_evaluated(result)}
    return [
        as_check(table, expected, passed=bool(found[n].success), share=shares.get(n))
        if n in found
        else _left_out(table, expected)
        for n, expected in enumerate(suite)
    ]


class _Validator:
    """Great Expectations' validator over one query."""

    def __init__(
        self, context: Any, engine: sqlalchemy.Engine, rows: sqlalchemy.Select[Any], schema: pl.Schema
    ) -> None:
        from great_expectations.core.batch import Batch
        from great_expectations.execution_engine.sqlalchemy_batch_data import SqlAlchemyBatchData
        from great_expectations.validator.validator import Validator

        self._execution = _execution_engine(engine, schema)
        data = SqlAlchemyBatchData(execution_engine=self._execution, selectable=rows, create_temp_table=False)
        self._validator = Validator(execution_engine=self._execution, batches=[Batch(data=data)], data_context=context)

    def close(self) -> None:
        self._execution.close()

    def run(self, suite: Mapping[int, Expected], result_format: Mapping[str, Any]) -> dict[int, Any]:
        """Great Expectations' results by the numbers of the expectations."""
        configurations = []
        for number, expected in suite.items():
            build: Any = expectation_class(expected.type)
            configurations.append(build(**expected.kwargs, meta={NUMBER: number}).configuration)
        results = self._validator.graph_validate(
            configurations=configurations,
            runtime_configuration={"catch_exceptions": True, "result_format": dict(result_format)},
        )
        return {result.expectation_config.meta[NUMBER]: result for result in results}


def _execution_engine(engine: sqlalchemy.Engine, schema: pl.Schema) -> Any:
    """Great Expectations' engine, told which columns its query has: it would look for a table of the query's name.

    It makes no temporary table, and keeps to one connection, from which DuckDB reads what a statement gave. The engine
    stays open.
    """
    from great_expectations.execution_engine import SqlAlchemyExecutionEngine

    # Great Expectations remembers what an engine can compute by the name of its class: no other may have this one.
    class QueryExecutionEngine(SqlAlchemyExecutionEngine):  # type: ignore[misc] # it has no types
        _connection: sqlalchemy.Connection | None

        def get_inspector(self) -> _Columns:
            return _Columns(self.dialect, schema)

        @contextmanager
        def get_connection(self) -> Iterator[sqlalchemy.Connection]:
            if self._connection is None:
                self._connection = self.engine.connect()
            try:
                yield self._connection
            except exc.DBAPIError:
                self._connection.rollback()
                raise

        def close(self) -> None:
            if self._connection is not None:
                self._connection.close()

    return QueryExecutionEngine(engine=engine, create_temp_table=False)


class _Columns:
    """SQLAlchemy's inspector of one query, as far as Great Expectations asks it."""

    def __init__(self, dialect: sqlalchemy.Dialect, schema: pl.Schema) -> None:
        self.dialect = dialect
        self._schema = schema

    def get_columns(self, table_name: str, schema: str | None = None) -> list[dict[str, Any]]:
        del table_name, schema
        return [{"name": name, "type": _sql_type(dtype)} for name, dtype in self._schema.items()]

    def get_pk_constraint(self, table_name: str, schema: str | None = None) -> dict[str, Any]:
        del table_name, schema
        return {}


def _sql_type(dtype: pl.DataType) -> sqlalchemy.types.TypeEngine[Any]:
    if dtype.is_integer():
        return sqlalchemy.Integer()
    if dtype.is_numeric():
        return sqlalchemy.Numeric()
    if dtype.is_temporal():
        return sqlalchemy.DateTime()
    return sqlalchemy.Boolean() if dtype == pl.Boolean else sqlalchemy.Text()


def _left_out(table: str, expected: Expected) -> CheckResult:
    return not_applicable(
        name=expected.name,
        table=table,
        column=expected.column,
        family=FAMILY,
        why="it is not the same question in this database's SQL",
    )
