"""All columns of a table as one frame for SDV, and back."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, Self

import numpy as np
import numpy.typing as npt
import polars as pl
from pydantic import JsonValue

from synth_assets.synthesize.protocol import ColumnKind, ColumnSpec, TableSpec
from synth_assets.synthesize.sdv.coding import (
    UNKNOWN,
    Coding,
    NumberCoding,
    coding_from_json,
    coding_to_json,
    fit_coding,
)
from synth_assets.synthesize.trees.scale import Mask

if TYPE_CHECKING:
    import pandas as pd

NULL, FILLED = "null", "filled"


@dataclass(frozen=True)
class CodedColumn:
    """One column and its name for SDV; a number with nulls takes a second column, which says whether it is null."""

    name: str
    alias: str
    coding: Coding

    @property
    def null_alias(self) -> str | None:
        return f"{self.alias}null" if isinstance(self.coding, NumberCoding) and self.coding.missing else None


@dataclass(frozen=True)
class Known:
    """Values of some columns, fixed beforehand.

    Attributes:
        frame: SDV's columns of all coded columns given; cells that are not known hold anything.
        known: By SDV's column, which rows are known. A text that was never learned is not.
    """

    frame: "pd.DataFrame"
    known: dict[str, Mask]


@dataclass(frozen=True)
class FrameCoding:
    """The codings of all columns that SDV learns; `sdtypes` by SDV's column name."""

    columns: tuple[CodedColumn, ...]

    @classmethod
    def fit(cls, rows: pl.DataFrame, specs: tuple[ColumnSpec, ...], *, min_group: int) -> Self:
        """The codings of the columns in which there is something to learn."""
        found = [(spec, fit_coding(rows[spec.name], spec, min_group=min_group)) for spec in specs]
        return cls(tuple(CodedColumn(spec.name, f"c{at}", coding) for at, (spec, coding) in enumerate(found) if coding))

    @classmethod
    def fit_context(cls, rows: pl.DataFrame, *, min_group: int) -> Self:
        """The codings of context columns, by their types."""
        kinds = {name: kind_of(dtype) for name, dtype in rows.schema.items()}
        return cls.fit(rows, tuple(ColumnSpec(name, kind) for name, kind in kinds.items()), min_group=min_group)

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(column.name for column in self.columns)

    @property
    def sdtypes(self) -> dict[str, str]:
        """'numerical' or 'categorical' by SDV's column name."""
        types = {}
        for column in self.columns:
            types[column.alias] = "numerical" if isinstance(column.coding, NumberCoding) else "categorical"
            if column.null_alias:
                types[column.null_alias] = "categorical"
        return types

    def alias(self, name: str) -> str | None:
        """SDV's name of a number or time; None if it is not one, or not learned by SDV."""
        found = {column.name: column for column in self.columns}.get(name)
        return found.alias if found and isinstance(found.coding, NumberCoding) else None

    def encode(self, rows: pl.DataFrame, rng: np.random.Generator) -> "pd.DataFrame":
        """Training rows, without a null, a rare category or an extreme: those take what other rows have."""
        import pandas as pd

        columns: dict[str, npt.NDArray[Any]] = {}
        for column in self.columns:
            if isinstance(column.coding, NumberCoding):
                values, missing = column.coding.encode(rows[column.name])
                columns[column.alias] = _filled(values, missing, rng)
                if column.null_alias:
                    columns[column.null_alias] = _flags(missing)
            else:
                codes = column.coding.encode(rows[column.name])
                columns[column.alias] = _words(_filled(codes, codes == UNKNOWN, rng))
        return pd.DataFrame(columns, index=range(rows.height))

    def known(self, given: pl.DataFrame) -> Known:
        """Given columns, or the part of them that is coded."""
        import pandas as pd

        columns: dict[str, npt.NDArray[Any]] = {}
        known: dict[str, Mask] = {}
        for column in self.columns:
            if column.name not in given.columns:
                continue
            if isinstance(column.coding, NumberCoding):
                values, missing = column.coding.encode(given[column.name])
                columns[column.alias], known[column.alias] = values, ~missing
                if column.null_alias:
                    columns[column.null_alias], known[column.null_alias] = _flags(missing), np.ones_like(missing)
            else:
                codes = column.coding.encode(given[column.name])
                columns[column.alias], known[column.alias] = _words(np.maximum(codes, 0)), codes != UNKNOWN
        return Known(pd.DataFrame(columns, index=range(given.height)), known)

    def given_names(self, known: Known) -> tuple[str, ...]:
        """The columns behind known values."""
        return tuple(column.name for column in self.columns if column.alias in known.known)

    def decode(self, frame: "pd.DataFrame", rng: np.random.Generator) -> dict[str, pl.Series]:
        """Columns by name, whatever SDV drew."""
        made = {}
        for column in self.columns:
            drawn = frame[column.alias].to_numpy()
            if isinstance(column.coding, NumberCoding):
                missing = np.zeros(len(frame), dtype=np.bool_)
                if column.null_alias:
                    missing = (frame[column.null_alias] == NULL).to_numpy(dtype=np.bool_)
                made[column.name] = column.coding.decode(column.name, drawn.astype(np.float64), missing, rng)
            else:
                made[column.name] = column.coding.decode(column.name, code_numbers(drawn))
        return made

    def bins(self, frame: "pd.DataFrame", count: int) -> dict[str, npt.NDArray[np.int64]]:
        """Every SDV column of `frame` as whole numbers: categories by code, numbers by `count` equal parts."""
        found = {}
        ranges = {c.alias: (c.coding.least, c.coding.most) for c in self.columns if isinstance(c.coding, NumberCoding)}
        for alias in frame.columns:
            drawn = frame[alias].to_numpy()
            if alias in ranges:
                least, most = ranges[alias]
                part = np.nan_to_num((drawn.astype(np.float64) - least) / (most - least) * count)
                found[alias] = np.clip(part, 0, count - 1).astype(np.int64)
            else:
                found[alias] = (drawn == NULL).astype(np.int64) if alias.endswith("null") else code_numbers(drawn)
        return found

    def to_json(self) -> list[JsonValue]:
        return [{"name": c.name, "alias": c.alias, "coding": coding_to_json(c.coding)} for c in self.columns]

    @classmethod
    def from_json(cls, value: Any) -> Self:
        return cls(tuple(CodedColumn(c["name"], c["alias"], coding_from_json(c["coding"])) for c in value))


def metadata_of(tables: Mapping[str, Mapping[str, str]]) -> Any:
    """SDV's metadata of tables by the sdtypes of their columns; nothing is detected."""
    from sdv.metadata import Metadata

    return Metadata.load_from_dict(
        {
            "METADATA_SPEC_VERSION": "V2",
            "tables": {
                table: {"columns": {name: {"sdtype": sdtype} for name, sdtype in columns.items()}}
                for table, columns in tables.items()
            },
            "relationships": [],
        }
    )


def table_to_json(table: TableSpec) -> JsonValue:
    return {"name": table.name, "min_group": table.min_group, "columns": [asdict(spec) for spec in table.columns]}


def table_from_json(value: Any) -> TableSpec:
    columns = tuple(ColumnSpec(**{**spec, "kind": ColumnKind(spec["kind"])}) for spec in value["columns"])
    return TableSpec(value["name"], columns, value["min_group"])


def code_numbers(words: npt.NDArray[Any]) -> npt.NDArray[np.int64]:
    """The codes behind `_words`."""
    different, where = np.unique(words.astype(str), return_inverse=True)
    return np.array([int(word[1:]) for word in different], dtype=np.int64)[where]


def _words(codes: npt.NDArray[np.int64]) -> npt.NDArray[Any]:
    # Texts, since SDV takes whole numbers for something else than categories here and there.
    different, where = np.unique(codes, return_inverse=True)
    return np.array([f"k{code}" for code in different], dtype=object)[where]


def _flags(missing: Mask) -> npt.NDArray[Any]:
    return np.array([FILLED, NULL], dtype=object)[missing.astype(np.intp)]


def _filled(values: npt.NDArray[Any], missing: Mask, rng: np.random.Generator) -> npt.NDArray[Any]:
    """Missing values replaced by others of the column, drawn at random."""
    present = np.flatnonzero(~missing)
    if len(present) == len(values) or not len(present):
        return values
    source = np.arange(len(values))
    source[missing] = rng.choice(present, int(missing.sum()))
    return values[source]


def kind_of(dtype: pl.DataType) -> ColumnKind:
    """How a column of that type is read."""
    if dtype == pl.Boolean:
        return ColumnKind.BOOLEAN
    if dtype.is_temporal():
        return ColumnKind.DATETIME
    return ColumnKind.NUMBER if dtype.is_numeric() else ColumnKind.CATEGORY
