"""What assets say about themselves: columns with types and treatments, where they come from, what a stage did.

Nothing here is a value of a real row. Previews are of synthetic rows, without the columns whose real values the plan
lets through.
"""

import resource
import sys
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import dagster as dg

from synth_assets.assets.dataset import SNAPSHOT, SYNTHETIC, Dataset
from synth_assets.catalog.model import Column, Table
from synth_assets.plan.resolved import ColumnDecision, DecidedBy, Mode, ResolvedPlan, Role, TableDecision, Treatment

if TYPE_CHECKING:
    import polars as pl

    from synth_assets.refresh import Outcome, Refresh

ROW_COUNT = "dagster/row_count"
COLUMN_SCHEMA = "dagster/column_schema"
COLUMN_LINEAGE = "dagster/column_lineage"
TABLE_NAME = "dagster/table_name"
URI = "dagster/uri"
_LONGEST_CELL = 60
_ROLES = {Role.KEY: "made anew", Role.REFERENCE: "a synthetic parent's key", Role.GENERATED: "computed by the database"}
# Tags of what a rule makes although the plan has no other treatment for it than `learn`.
_ROLE_TAGS = {
    Role.KEY: "made_anew",
    Role.REFERENCE: "follows_parent",
    Role.GENERATED: "computed",
    Role.TEXT: "written_anew",
}


def column_schema(table: Table, decision: TableDecision | None = None, *, profiled: bool = True) -> dg.TableSchema:
    """The columns with their native types; with a decision, what becomes of each and why.

    Args:
        profiled: Whether the decision knows the profile. If not, what the profile may change, or find better reasons
            for, is not described, and tagged with the bare treatment: Dagster shows what a definition says of a column
            rather than what is said of the rows that were made since.
    """
    decided = {column.name: column for column in decision.columns} if decision else {}
    return dg.TableSchema(
        columns=[_schema_column(table, column, decided.get(column.name), profiled) for column in table.columns],
        constraints=dg.TableConstraints(other=_table_constraints(table)),
    )


def _schema_column(table: Table, column: Column, decision: ColumnDecision | None, profiled: bool) -> dg.TableColumn:
    description = column.comment
    tags = {}
    if decision:
        known = profiled or _is_settled(decision)
        description = _explained(decision) if known else None
        tags = {"treatment": _tag(decision) if known else decision.treatment.value}
    return dg.TableColumn(
        column.name,
        column.type.native or "any",
        description=description,
        constraints=dg.TableColumnConstraints(nullable=column.nullable, unique=(column.name,) in table.unique_sets),
        tags=tags,
    )


def _is_settled(column: ColumnDecision) -> bool:
    return column.decided_by is DecidedBy.PLAN or column.role in (Role.KEY, Role.REFERENCE, Role.GENERATED)


def _tag(column: ColumnDecision) -> str:
    """What becomes of a column, in one word."""
    learn = column.treatment is Treatment.LEARN
    return _ROLE_TAGS.get(column.role, column.treatment.value) if learn else column.treatment.value


def _table_constraints(table: Table) -> list[str]:
    keys = [f"primary key ({', '.join(table.primary_key.columns)})"] if table.primary_key else []
    keys += [f"unique ({', '.join(key.columns)})" for key in table.unique_keys]
    keys += [
        f"({', '.join(key.columns)}) refers to {key.parent} ({', '.join(key.parent_columns)})"
        for key in table.foreign_keys
    ]
    return keys


def _explained(column: ColumnDecision) -> str:
    """What becomes of a column and why, which may say it already."""
    told = treatment(column)
    return column.reason if told in column.reason else f"{told[:1].upper()}{told[1:]}. {column.reason}"


def treatment(column: ColumnDecision) -> str:
    """What becomes of a column, in a few words."""
    if column.treatment is Treatment.LEARN:
        if column.role in _ROLES:
            return _ROLES[column.role]
        return "written anew" if column.role is Role.TEXT else "learned"
    kind = column.options.get("kind") or column.options.get("format") or column.options.get("expression")
    return f"{column.treatment.value} {kind}" if kind else column.treatment.value


def synthetic_lineage(dataset: Dataset, plan: ResolvedPlan, table: str) -> dg.TableColumnLineage:
    """Synthetic columns come from the statistics of the snapshot's, references from the synthetic parents' keys."""
    decision = plan.table(table)
    deps: dict[str, list[dg.TableColumnDep]] = {}
    if decision.mode is Mode.EMPTY:
        return dg.TableColumnLineage({})
    for column in decision.columns:
        if column.role is Role.VALUE and column.treatment in (Treatment.LEARN, Treatment.KEEP, Treatment.MASK):
            deps[column.name] = [dg.TableColumnDep(dataset.key(SNAPSHOT, table), column.name)]
    for key in plan.foreign_keys.get(table, ()):
        for column_name, parent_column in zip(key.columns, key.parent_columns, strict=True):
            dep = dg.TableColumnDep(dataset.key(SYNTHETIC, key.parent), parent_column)
            if key.parent != table and dep not in deps.setdefault(column_name, []):
                deps[column_name].append(dep)
    return dg.TableColumnLineage({name: found for name, found in deps.items() if found})


def same_columns(table: Table, upstream: dg.AssetKey) -> dg.TableColumnLineage:
    """Every column comes from the one of the same name."""
    return dg.TableColumnLineage(
        {column.name: [dg.TableColumnDep(upstream, column.name)] for column in table.columns if not column.generated}
    )


def outcome_metadata(outcome: "Outcome") -> dict[str, Any]:
    """What a stage did for one table."""
    metadata: dict[str, Any] = {
        "seconds": round(outcome.seconds, 3),
        "reused": outcome.reused,
        "fingerprint": outcome.artifact.fingerprint,
        "made_by_refresh": outcome.artifact.refresh,
        **peak_memory(),
    }
    rows = outcome.facts.get("rows")
    if isinstance(rows, int):
        metadata[ROW_COUNT] = rows
    metadata |= {
        name: fact
        for name, fact in outcome.facts.items()
        if name != "rows" and isinstance(fact, int | float) and not isinstance(fact, bool)
    }
    return metadata


def peak_memory() -> dict[str, int]:
    """Most memory that this step's process has had so far; in process, all steps before share it."""
    # Kilobytes, but bytes on macOS.
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return {"peak_memory_mb": peak // (1 << 20 if sys.platform == "darwin" else 1 << 10)}


def pages(refresh: "Refresh") -> dict[str, dg.PathMetadataValue]:
    """Where people read of a refresh: its report, and Great Expectations' Data Docs."""
    found = {"report": refresh.report, "data_docs": refresh.data_docs}
    return {name: dg.MetadataValue.path(path) for name, path in found.items() if path is not None}


def result(key: dg.AssetKey, outcome: "Outcome", more: Mapping[str, Any]) -> "dg.MaterializeResult[Any]":
    """A materialization that hands over nothing but its data version; unchanged content keeps its version."""
    return dg.MaterializeResult(
        asset_key=key,
        metadata={**outcome_metadata(outcome), **more},
        data_version=dg.DataVersion(outcome.artifact.fingerprint),
    )


def dependencies(texts: object, *, name: str) -> dict[str, Any]:
    """What holds between columns as a Markdown list: their names only."""
    if not isinstance(texts, Sequence) or not texts:
        return {}
    return {name: dg.MetadataValue.md("\n".join(f"- `{text}`" for text in texts))}


def preview(
    decision: TableDecision, read: "Callable[[], pl.DataFrame]", *, without: Collection[str] = ()
) -> dict[str, Any]:
    """A few synthetic rows as a Markdown table, without the columns that let real values through.

    Args:
        without: More columns to leave out: those that are computed only when other tables are there.
    """
    if decision.mode is not Mode.SYNTHETIC:
        return {}
    shown = [
        column.name
        for column in decision.columns
        if column.role is not Role.GENERATED
        and not column.lets_real_values_through
        and column.treatment is not Treatment.MASK
        and column.name not in without
    ]
    rows = read()
    names = [name for name in rows.columns if name in shown]
    if not names or not rows.height:
        return {}
    lines = [names, ["---"] * len(names), *rows.select(names).rows()]
    return {"preview": dg.MetadataValue.md("\n".join(f"| {' | '.join(map(_cell, line))} |" for line in lines))}


def _cell(value: object) -> str:
    if isinstance(value, bytes):
        return f"{len(value)} bytes"
    text = " ".join(str("" if value is None else value).split())
    text = text if len(text) <= _LONGEST_CELL else f"{text[:_LONGEST_CELL]}…"
    return text.replace("\\", "\\\\").replace("|", "\\|").replace("<", "&lt;").replace("`", "\\`")
