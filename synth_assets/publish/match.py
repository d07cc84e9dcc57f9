"""`ddl: match`: the target's own tables decide what is made, and the source's rows are fitted to them."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field, replace

import polars as pl

from synth_assets.catalog.model import Catalog, Column, DataType, Kind, Table
from synth_assets.plan.columns import ColumnSettings
from synth_assets.plan.nearest import hint
from synth_assets.plan.target_settings import TargetSettings
from synth_assets.publish.filled_rows import FilledRows, FillRefused, check_fill
from synth_assets.publish.finding import Finding
from synth_assets.publish.fitting import Fit, fit, misfit
from synth_assets.publish.request import PublishRequest, Rows
from synth_assets.publish.types import PARSED

# A constant that a column of the kind takes, to be written into the plan.
_EXAMPLES = {
    Kind.INTEGER: "0",
    Kind.DECIMAL: "0",
    Kind.FLOAT: "0",
    Kind.BOOLEAN: "false",
    Kind.JSON: "{}",
    Kind.DATE: '"2000-01-01"',
    Kind.TIME: '"00:00:00"',
    Kind.DATETIME: '"2000-01-01 00:00:00"',
    Kind.UUID: '"00000000-0000-4000-8000-000000000000"',
}


@dataclass
class Match:
    """What a target's live tables make of a dataset.

    Attributes:
        catalog: The live tables of the dataset.
        by_default: Columns by table that the target fills itself.
        fills: Columns by table that the plan fills.
        by_value: (table, column) whose values have to be looked at.
        findings: Why the rows cannot go into these tables.
        notes: What differs from the source, a line each.
    """

    catalog: Catalog
    by_default: dict[str, list[str]] = field(default_factory=dict)
    fills: dict[str, dict[str, ColumnSettings]] = field(default_factory=dict)
    by_value: list[tuple[str, str]] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


def match(source: Catalog, live: Catalog, target: TargetSettings, *, held: Mapping[str, Collection[str]]) -> Match:
    """Compare a dataset with the target's tables, by schemas alone.

    Args:
        source: The source's catalog, published tables and keys only.
        live: All tables of the target's schema.
        target: What the plan says of the target.
        held: The columns by table that have values.
    """
    there = [live.table(name) for name in source.table_names if name in live.table_names]
    result = Match(live.model_copy(update={"tables": tuple(there)}))
    for name in source.table_names:
        if name in live.table_names:
            columns = tuple(column for column in source.table(name).columns if column.name in held[name])
            _TableMatch(source, live, target, name, columns, result).compare()
        else:
            result.findings.append(
                Finding(
                    table=name,
                    problem=f"target {target.name} has no such table, and ddl: match makes none.",
                    remedy="Run the migration that makes it there, leave it out of the plan (mode: exclude), or say "
                    "ddl: create.",
                )
            )
    for name in target.tables:
        if name not in source.table_names:
            result.findings.append(
                Finding(
                    table=name,
                    problem="the plan fills columns of it, and no such table is published.",
                    remedy=f"Correct `tables` of target {target.name} in the plan{hint(name, source.table_names)}",
                )
            )
    return result


def matched(request: PublishRequest, live: Catalog, target: TargetSettings) -> tuple[PublishRequest, Match]:
    """The request for the target's own tables, and what was found on the way, in the values, too."""
    source = request.catalog
    result = match(source, live, target, held={name: rows.schema.names() for name, rows in request.tables.items()})
    if result.findings:
        return request, result
    tables: dict[str, Rows] = {}
    for name, rows in request.tables.items():
        fills = result.fills.get(name, {})
        columns = tuple(column for column in source.table(name).columns if column.name in rows.schema)
        known = source.table(name).model_copy(update={"columns": columns})
        tables[name] = FilledRows(rows, source=known, there=live.table(name), fills=fills) if fills else rows
        if source.dialect != live.dialect:
            result.by_value += _read_as_text(name, rows, live.table(name))
    result.findings += _misfits(result, request.tables, is_foreign=source.dialect != live.dialect)
    return replace(request, catalog=result.catalog, tables=tables, by_default=result.by_default), result


def _read_as_text(name: str, rows: Rows, there: Table) -> Iterator[tuple[str, str]]:
    """Columns that hold something else in the source than it declares, or nothing at all."""
    for column in there.columns:
        if rows.schema.get(column.name) == pl.String and column.type.kind in PARSED:
            yield name, column.name


def _misfits(result: Match, tables: Mapping[str, Rows], *, is_foreign: bool) -> Iterator[Finding]:
    """Columns with a value that does not fit, each once."""
    for name in dict.fromkeys(table for table, _ in result.by_value):
        left = {column for table, column in result.by_value if table == name}
        for batch in tables[name].batches(columns=sorted(left)):
            for column in sorted(left):
                problem = misfit(batch[column], result.catalog.table(name).column(column), is_foreign=is_foreign)
                if problem:
                    left.remove(column)
                    yield Finding(
                        table=name,
                        column=column,
                        problem=f"{problem}.",
                        remedy="Widen the column in the target, or let the plan make values that fit.",
                    )


class _TableMatch:
    """One table of the dataset beside the live one."""

    def __init__(
        self,
        source: Catalog,
        live: Catalog,
        target: TargetSettings,
        name: str,
        columns: tuple[Column, ...],
        result: Match,
    ) -> None:
        self._source = source
        self._live = live
        self._target = target
        self._name = name
        # The columns that have values, and nothing else of the source's table.
        self._known: Table = source.table(name).model_copy(update={"columns": columns})
        self._there = live.table(name)
        planned = target.tables.get(name)
        self._planned = planned.columns if planned else {}
        self._result = result

    def compare(self) -> None:
        for column in self._there.columns:
            if column.generated is not None:
                if column.name in self._known.column_names:
                    self._note(f"{column.name} is computed by the target")
            elif column.name in self._known.column_names:
                self._shared(self._known.column(column.name), column)
            elif column.name in self._planned:
                self._filled(column, self._planned[column.name])
            else:
                self._own(column)
        self._left_out()
        self._not_there()
        self._other_constraints()

    def _shared(self, source: Column, there: Column) -> None:
        if there.name in self._planned:
            self._find(
                there.name,
                "the source has it, too.",
                f"Say under `tables` of the plan what becomes of it, not under target {self._target.name}.",
            )
        fits = fit(source.type, there.type, source_dialect=self._source.dialect, dialect=self._live.dialect)
        if fits is Fit.NEVER:
            self._find(
                there.name,
                f"it is {_native(there.type)} in the target, which does not take {_native(source.type)}.",
                "Change the type in the target, or leave the table out (mode: exclude).",
            )
        elif fits is Fit.BY_VALUE or (source.nullable and not there.nullable):
            self._result.by_value.append((self._name, there.name))
        if fits is Fit.BY_VALUE:
            self._note(
                f"{there.name} is {_native(there.type)} in the target and {_native(source.type)} in the source: "
                "refused if a value does not fit"
            )
        elif source.nullable and not there.nullable:
            self._note(f"{there.name} is NOT NULL in the target only: refused if a value is NULL")

    def _filled(self, column: Column, settings: ColumnSettings) -> None:
        try:
            check_fill(settings, column, self._known)
        except FillRefused as error:
            self._find(column.name, error.problem, error.remedy)
            return
        self._result.fills.setdefault(self._name, {})[column.name] = settings
        self._note(f"{column.name} is not in the source: {settings.treatment}, as the plan says")

    def _own(self, column: Column) -> None:
        """A column that only the target has, and that the plan does not name."""
        if column.identity is not None:
            filled = "counted by the target"
        elif column.default is not None:
            filled = "filled by its default"
        elif column.nullable:
            filled = "NULL"
        else:
            plan = f"{{columns: {{{column.name}: {{constant: {_example(column.type)}}}}}}}"
            self._find(
                column.name,
                "it is not in the source, and is NOT NULL without a default.",
                f"Give it a default there, or say in the plan what fills it: targets: [{{name: {self._target.name}, "
                f"ddl: match, tables: {{{self._name}: {plan}}}}}].",
            )
            return
        self._result.by_default.setdefault(self._name, []).append(column.name)
        self._note(f"{column.name} is not in the source: {filled}")

    def _left_out(self) -> None:
        """Columns of the source that the target has not."""
        referred = {
            name: table.name
            for table in self._source.tables
            for key in table.foreign_keys
            if key.parent == self._name
            for name in key.parent_columns
        }
        for column in self._source.table(self._name).columns:
            if column.name in self._there.column_names:
                continue
            if column.name in referred:
                self._find(
                    column.name,
                    f"the target has no such column, and rows of {referred[column.name]} refer to it.",
                    "Run the migration that makes it there, or say ddl: create.",
                )
            else:
                self._note(f"{column.name} is not in the target: left out")

    def _not_there(self) -> None:
        """What the plan fills in vain."""
        for name in self._planned:
            if name not in self._there.column_names:
                self._find(
                    name,
                    "the plan fills it, and the target has no such column.",
                    f"Correct target {self._target.name} in the plan{hint(name, self._there.column_names)}",
                )
            elif self._there.column(name).generated is not None:
                self._find(
                    name,
                    "the plan fills it, and the target computes it.",
                    f"Take it out of target {self._target.name} in the plan.",
                )

    def _other_constraints(self) -> None:
        """What rows were not made to fulfil; the database refuses those that do not, before anything is live."""
        source = self._source.table(self._name)
        for columns in set(self._there.unique_sets) - set(source.unique_sets):
            self._note(f"({', '.join(columns)}) is unique in the target only: refused if values repeat")
        known = {(key.columns, key.parent) for key in source.foreign_keys}
        for key in self._there.foreign_keys:
            if (key.columns, key.parent) not in known and set(key.columns) & set(self._known.column_names):
                self._note(
                    f"({', '.join(key.columns)}) refers to {key.parent} in the target only: refused if a row is missing"
                )

    def _find(self, column: str, problem: str, remedy: str) -> None:
        self._result.findings.append(Finding(table=self._name, column=column, problem=problem, remedy=remedy))

    def _note(self, what: str) -> None:
        self._result.notes.append(f"{self._name}: {what}.")


def _example(data_type: DataType) -> str:
    return f'"{data_type.labels[0]}"' if data_type.labels else _EXAMPLES.get(data_type.kind, '""')


def _native(data_type: DataType) -> str:
    return data_type.native or "of no type"
