"""A folder of Parquet files and a SCHEMA.json as what the package works on: catalog, resolved plan, frames.

SCHEMA.json says for each table its primary key and what every column is (id, numerical, categorical, boolean, datetime
or text), and all foreign keys; for the engine `private` also what a plan says of each learned column's domain:

    {"tables": {"orders": {"primary_key": ["id"], "columns": {"id": "id", "total": "numerical", "note": "text"},
                           "domains": {"total": {"bounds": [0, 1000]}}}},
     "foreign_keys": [{"table": "orders", "columns": ["customer_id"], "parent": "customers", "parent_columns": ["id"]}]}
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl
from pydantic import JsonValue

from synth_assets.catalog.model import Catalog, Column, DataType, ForeignKey, Key, Kind, Table
from synth_assets.plan.columns import ColumnSettings
from synth_assets.plan.domain import Domain
from synth_assets.plan.private_settings import PRIVATE, Budget, PrivatePromise, private_options
from synth_assets.plan.public_domain import public_domain
from synth_assets.plan.resolved import ColumnDecision, DecidedBy, Mode, ResolvedPlan, Role, TableDecision, Treatment


@dataclass(frozen=True)
class Dataset:
    """Everything that an engine needs; frames have the types of catalog.frames."""

    catalog: Catalog
    plan: ResolvedPlan
    frames: Mapping[str, pl.DataFrame]
    kinds: Mapping[str, Mapping[str, str]]


def read_frames(folder: Path, schema: Mapping[str, Any]) -> dict[str, pl.DataFrame]:
    """The schema's tables, each from its TABLE.parquet."""
    return {
        table: pl.read_parquet(folder / f"{table}.parquet", columns=list(spec["columns"]))
        for table, spec in schema["tables"].items()
    }


def dataset_of(
    frames: Mapping[str, pl.DataFrame],
    schema: Mapping[str, Any],
    *,
    engine: str = "trees",
    options: Mapping[str, JsonValue] | None = None,
    min_group: int = 1,
    scale: float = 1.0,
    seed: int = 0,
) -> Dataset:
    """Frames, planned as the schema says: keys anew, everything else learned by `engine`.

    Nothing is held out: a benchmark keeps its held-out rows elsewhere.
    """
    foreign_keys = foreign_keys_of(schema)
    typed = typed_frames(frames, schema)
    tables, decisions = [], []
    for table, spec in sorted(schema["tables"].items()):
        keys = foreign_keys.get(table, ())
        tables.append(table_of(table, typed[table], primary_key=spec["primary_key"], foreign_keys=keys))
        references = {column for key in keys for column in key.columns}
        decided = _decision(table, spec, references, typed[table])
        chosen = {"synthesizer": engine, "synthesizer_options": dict(options or {}), "scale": scale}
        if engine == PRIVATE:
            chosen |= _privately(decided, tables[-1], spec, dict(options or {}))
        decisions.append(decided.model_copy(update=chosen))
    plan = ResolvedPlan(
        dataset="benchmark",
        tables=tuple(decisions),
        foreign_keys=foreign_keys,
        hold_out=0.0,
        budget=Budget(epsilon=1000, delta=1e-3) if engine == PRIVATE else None,
        min_group=min_group,
        seed=seed,
    )
    kinds = {table: dict(spec["columns"]) for table, spec in schema["tables"].items()}
    return Dataset(Catalog(dialect="sqlite", tables=tuple(tables)), plan, typed, kinds)


def foreign_keys_of(schema: Mapping[str, Any]) -> dict[str, tuple[ForeignKey, ...]]:
    """Foreign keys by the table that refers."""
    keys: dict[str, tuple[ForeignKey, ...]] = {}
    for key in schema["foreign_keys"]:
        foreign = ForeignKey(
            columns=tuple(key["columns"]), parent=key["parent"], parent_columns=tuple(key["parent_columns"])
        )
        keys[key["table"]] = (*keys.get(key["table"], ()), foreign)
    return keys


def typed_frames(frames: Mapping[str, pl.DataFrame], schema: Mapping[str, Any]) -> dict[str, pl.DataFrame]:
    """The schema's columns, in the types that a database's columns would be read in."""
    return {
        table: frames[table].select(_typed(frames[table][column], kind) for column, kind in spec["columns"].items())
        for table, spec in sorted(schema["tables"].items())
    }


def write_frames(frames: Mapping[str, pl.DataFrame], folder: Path) -> None:
    """One TABLE.parquet a table."""
    folder.mkdir(parents=True, exist_ok=True)
    for table, frame in frames.items():
        frame.write_parquet(folder / f"{table}.parquet")


def _typed(series: pl.Series, kind: str) -> pl.Series:
    """The column in the type that a database's column would be read in."""
    dtype = series.dtype
    if kind == "datetime" and dtype == pl.String:
        return series.str.to_datetime(strict=False, time_unit="us")
    if isinstance(dtype, pl.Datetime):
        return series.cast(pl.Datetime("us", dtype.time_zone))
    if dtype.is_integer() and dtype != pl.UInt64:
        return series.cast(pl.Int64)
    if isinstance(dtype, pl.Categorical | pl.Enum) or dtype == pl.Null:
        return series.cast(pl.String)
    return series


def table_of(
    name: str,
    frame: pl.DataFrame,
    *,
    primary_key: Sequence[str],
    foreign_keys: Sequence[ForeignKey] = (),
    unique_keys: Sequence[Sequence[str]] = (),
) -> Table:
    """What a catalog says of a table of these rows; columns that hold no NULL are NOT NULL."""
    columns = (
        Column(name=column, type=_data_type(dtype), nullable=frame[column].null_count() > 0)
        for column, dtype in frame.schema.items()
    )
    return Table(
        name=name,
        columns=tuple(columns),
        primary_key=Key(columns=tuple(primary_key)) if primary_key else None,
        unique_keys=tuple(Key(columns=tuple(unique)) for unique in unique_keys),
        foreign_keys=tuple(foreign_keys),
    )


def _is_text(kind: str, dtype: pl.DataType) -> bool:
    return dtype == pl.Binary or (kind == "text" and dtype == pl.String)


def _data_type(dtype: pl.DataType) -> DataType:
    match dtype:
        case pl.Decimal():
            return DataType(kind=Kind.DECIMAL, native="DECIMAL", precision=dtype.precision, scale=dtype.scale)
        case pl.Datetime():
            return DataType(kind=Kind.DATETIME, native="DATETIME", timezone=dtype.time_zone is not None)
        case pl.Date():
            return DataType(kind=Kind.DATE, native="DATE")
        case pl.Time():
            return DataType(kind=Kind.TIME, native="TIME")
        case pl.Boolean():
            return DataType(kind=Kind.BOOLEAN, native="BOOLEAN")
        case pl.Float32():
            return DataType(kind=Kind.FLOAT, native="REAL", bits=32)
        case _ if dtype.is_float():
            return DataType(kind=Kind.FLOAT, native="DOUBLE", bits=64)
        case _ if dtype.is_integer():
            return DataType(kind=Kind.INTEGER, native="INTEGER", bits=64, unsigned=dtype == pl.UInt64)
        case _ if dtype == pl.Binary:
            return DataType(kind=Kind.BINARY, native="BLOB")
        case _:
            return DataType(kind=Kind.TEXT, native="TEXT")


def _privately(
    decided: TableDecision, table: Table, spec: dict[str, Any], options: dict[str, JsonValue]
) -> dict[str, object]:
    """What the plan of a private table says beside its engine: every row is an entity."""
    said = private_options(options)
    columns = [
        column.model_copy(update={"domain": _domain(table, column.name, spec)}) if column.role is Role.VALUE else column
        for column in decided.columns
    ]
    promise = PrivatePromise(epsilon=said.epsilon, delta=said.delta)
    return {"columns": tuple(columns), "private": promise, "discover_dependencies": False}


def _domain(table: Table, column: str, spec: dict[str, Any]) -> Domain | None:
    named = ColumnSettings.model_validate(spec.get("domains", {}).get(column, {"learn": True}))
    return public_domain(table.column(column), table.checks, named)


def _decision(table: str, spec: dict[str, Any], references: set[str], frame: pl.DataFrame) -> TableDecision:
    key = spec["primary_key"]
    columns = []
    for column, kind in spec["columns"].items():
        if column in references:
            role = Role.REFERENCE
        elif key == [column] or (kind == "id" and column not in key):
            role = Role.KEY
        else:
            role = Role.TEXT if _is_text(kind, frame.schema[column]) else Role.VALUE
        columns.append(
            ColumnDecision(
                name=column,
                treatment=Treatment.LEARN,
                role=role,
                unique=key == [column],
                decided_by=DecidedBy.CATALOG,
                reason=f"The schema says {kind}.",
            )
        )
    return TableDecision(name=table, mode=Mode.SYNTHETIC, columns=tuple(columns))
