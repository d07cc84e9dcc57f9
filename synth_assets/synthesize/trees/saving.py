"""A fitted model as JSON and Parquet in a folder, and back: no pickle, every float to its last bit."""

from collections.abc import Sequence
from math import isfinite
from typing import Any

import numpy as np
import polars as pl
from pydantic import JsonValue

from synth_assets.synthesize.trees.bins import Bins
from synth_assets.synthesize.trees.columns import Booleans, ColumnCodes, Numbers
from synth_assets.synthesize.trees.direction import Direction
from synth_assets.synthesize.trees.grain import Grains
from synth_assets.synthesize.trees.labels import LabelCodes
from synth_assets.synthesize.trees.leaves import Leaves
from synth_assets.synthesize.trees.limits import Limit
from synth_assets.synthesize.trees.numbers import NumberCodes
from synth_assets.synthesize.trees.part import Missing, Part
from synth_assets.synthesize.trees.scale import Scale
from synth_assets.synthesize.trees.staying import Staying, StayingLabels
from synth_assets.synthesize.trees.tree import Tree

FRAMES = ("nodes", "answers", "leaves", "directions")


def floats(values: Any) -> list[JsonValue]:
    """Floats as JSON; repr keeps every bit, and what JSON has no word for is text."""
    plain = np.asarray(values, np.float64)
    listed: list[JsonValue] = plain.tolist()
    # Most hold numbers only; looking at each of very many takes longer than writing them down.
    return listed if np.isfinite(plain).all() else [v if isfinite(v) else str(v) for v in plain.tolist()]


def unfloats(values: Any) -> np.ndarray[Any, np.dtype[np.float64]]:
    # numpy reads the words that stand for what is no number, too.
    return np.array(values, np.float64)


def dtype_to_json(dtype: pl.DataType) -> dict[str, JsonValue]:
    """A polars type of ColumnKind as JSON."""
    match dtype:
        case pl.Decimal():
            return {"name": "Decimal", "precision": dtype.precision, "scale": dtype.scale}
        case pl.Datetime():
            return {"name": "Datetime", "time_unit": dtype.time_unit, "time_zone": dtype.time_zone}
        case _:
            return {"name": str(dtype)}


def dtype_from_json(value: Any) -> pl.DataType:
    options = {k: v for k, v in value.items() if k != "name"}
    made = getattr(pl, value["name"])(**options)
    assert isinstance(made, pl.DataType)  # noqa: S101 (the names come from dtype_to_json)
    return made


def column_to_json(column: ColumnCodes) -> dict[str, JsonValue]:
    coding = column.coding
    match coding:
        case Booleans():
            return {"name": column.name, "coding": "booleans"}
        case LabelCodes():
            return {"name": column.name, "coding": "labels", **_labels_to_json(coding)}
        case StayingLabels():
            labels = _labels_to_json(coding.labels)
            return {"name": column.name, "coding": "staying labels", "previous": coding.previous, **labels}
        case Numbers():
            return {
                "name": column.name,
                "coding": "numbers",
                "dtype": dtype_to_json(coding.scale.dtype),
                "base": str(coding.scale.base),
                "split": list(coding.split),
                "range": floats([coding.least, coding.most]),
                "parts": [_numbers_to_json(part) for part in coding.parts],
            }


def column_from_json(value: Any) -> ColumnCodes:
    match value["coding"]:
        case "booleans":
            return ColumnCodes(value["name"], Booleans())
        case "labels":
            return ColumnCodes(value["name"], _labels_from_json(value))
        case "staying labels":
            return ColumnCodes(value["name"], StayingLabels(_labels_from_json(value), value["previous"]))
        case _:
            least, most = unfloats(value["range"]).tolist()
            scale = Scale(dtype_from_json(value["dtype"]), int(value["base"]))
            parts = tuple(_numbers_from_json(part) for part in value["parts"])
            return ColumnCodes(value["name"], Numbers(scale, tuple(value["split"]), parts, least, most))


def _labels_to_json(coding: LabelCodes) -> dict[str, JsonValue]:
    return {"labels": list(coding.labels), "buckets": coding.buckets, "invented": list(coding.invented)}


def _labels_from_json(value: Any) -> LabelCodes:
    return LabelCodes(tuple(value["labels"]), value["buckets"], tuple(value["invented"]))


def _numbers_to_json(part: NumberCodes) -> dict[str, JsonValue]:
    bins = part.bins
    if part.only_told_apart:
        return {
            "edges": floats(part.edges),
            "cell_codes": part.cell_codes.tolist(),
            "values": floats(part.values),
            "bin_of": part.bin_of.tolist(),
            "centres": floats(bins.knots),
        }
    return {
        "range": floats([part.least, part.most]),
        "spikes": floats(part.spikes),
        "spike_codes": part.spike_codes.tolist(),
        "edges": floats(part.edges),
        "cell_codes": part.cell_codes.tolist(),
        "values": floats(part.values),
        "bin_of": part.bin_of.tolist(),
        "knots": floats(bins.knots),
        "first": bins.first.tolist(),
        "last": bins.last.tolist(),
        "shared": floats(bins.shared),
        "shared_end": floats(bins.shared_end),
        "shared_part": floats(bins.shared_part),
        "grains": floats(bins.grains.sizes),
        "grain_shares": [floats(row) for row in bins.grains.shares],
    }


def _numbers_from_json(value: Any) -> NumberCodes:
    if "centres" in value:
        return NumberCodes.of_cells(
            edges=unfloats(value["edges"]),
            cell_codes=np.array(value["cell_codes"], np.uint16),
            values=unfloats(value["values"]),
            bin_of=np.array(value["bin_of"], np.intp),
            centres=unfloats(value["centres"]),
        )
    sizes = tuple(unfloats(value["grains"]).tolist())
    shares = np.array([unfloats(row) for row in value["grain_shares"]]).reshape(-1, len(sizes))
    bins = Bins(
        unfloats(value["knots"]),
        np.array(value["first"], np.intp),
        np.array(value["last"], np.intp),
        unfloats(value["shared"]),
        unfloats(value["shared_end"]),
        unfloats(value["shared_part"]),
        Grains(sizes, shares),
    )
    least, most = unfloats(value["range"]).tolist()
    return NumberCodes(
        least,
        most,
        unfloats(value["spikes"]),
        np.array(value["spike_codes"], np.uint16),
        unfloats(value["edges"]),
        np.array(value["cell_codes"], np.uint16),
        unfloats(value["values"]),
        np.array(value["bin_of"], np.intp),
        bins,
    )


def part_to_json(part: Part) -> dict[str, JsonValue]:
    return {
        "place": part.place,
        "nulls": [[column, state] for column, state in part.nulls],
        "directions": [floats(direction.edges) for direction in part.directions],
        "depth": part.tree.depth,
        "missing": {"column": part.missing.column, "share": floats(part.missing.share)} if part.missing else None,
        "staying": _staying_to_json(part.staying) if part.staying else None,
        "limits": [
            {"place": limit.place, "codes": limit.codes.tolist(), "at_most": limit.at_most} for limit in part.limits
        ],
    }


def _staying_to_json(staying: Staying) -> dict[str, JsonValue]:
    return {
        "state": staying.state,
        "previous": staying.previous,
        "labels": staying.labels.tolist(),
        "told_by_all": staying.told_by_all,
    }


def _staying_from_json(value: Any) -> Staying:
    return Staying(value["state"], value["previous"], np.array(value["labels"], np.uint16), value["told_by_all"])


def parts_to_frames(parts: Sequence[Part]) -> dict[str, pl.DataFrame]:
    """All trees, leaves and directions, one row a node, an answer, a share, a table entry."""
    trees = [part.tree for part in parts]
    leaves = [part.leaves for part in parts]
    tables = [
        (number, which, column, table)
        for number, part in enumerate(parts)
        for which, direction in enumerate(part.directions)
        for column, table in direction.tables.items()
    ]
    nodes = {
        "part": _joined([np.full(len(t.column), at) for at, t in enumerate(trees)], np.int32),
        "column": _joined([t.column for t in trees], np.int32),
        "left": _joined([t.left for t in trees], np.int32),
        "table": _joined([t.table for t in trees], np.int32),
        "leaf": _joined([t.leaf for t in trees], np.int32),
    }
    answers = {
        "part": _joined([np.full(len(t.right), at) for at, t in enumerate(trees)], np.int32),
        "right": _joined([t.right for t in trees], np.uint8),
    }
    shares = {
        "part": _joined([np.full(len(of.codes), at) for at, of in enumerate(leaves)], np.int32),
        "leaf": _joined([of.numbers for of in leaves], np.int32),
        "code": _joined([of.codes for of in leaves], np.uint16),
        "share": _joined([of.share for of in leaves], np.float64),
    }
    directions = {
        "part": _joined([np.full(len(table), number) for number, _, _, table in tables], np.int32),
        "direction": _joined([np.full(len(table), which) for _, which, _, table in tables], np.int32),
        "column": _joined([np.full(len(table), column) for _, _, column, table in tables], np.int32),
        "value": _joined([table for _, _, _, table in tables], np.float32),
    }
    made = (nodes, answers, shares, directions)
    return {name: pl.DataFrame(frame) for name, frame in zip(FRAMES, made, strict=True)}


def parts_from(stored: Any, frames: dict[str, pl.DataFrame]) -> tuple[Part, ...]:
    """The inverse of `part_to_json` and `parts_to_frames`."""
    nodes, answers, shares, tables = (
        {name: frames[of][name].to_numpy() for name in frames[of].columns} for of in FRAMES
    )
    parts = []
    for number, part in enumerate(stored):
        node, answer, share, table = (_of(frame, "part", number) for frame in (nodes, answers, shares, tables))
        column, left, table_, leaf = (node[name].astype(np.intp) for name in ("column", "left", "table", "leaf"))
        # Copies: what polars hands over cannot be written to, a type of its own to compiled loops.
        tree = Tree(column, left, table_, answer["right"].copy(), leaf, part["depth"])
        ends = np.cumsum(np.bincount(share["leaf"])).astype(np.intp)
        directions = []
        for which, edges in enumerate(part["directions"]):
            entries = _of(table, "direction", which)
            starts = np.flatnonzero(np.diff(entries["column"], prepend=-1))
            values = np.split(entries["value"].astype(np.float64), starts[1:])
            columns = entries["column"][starts].tolist()
            directions.append(Direction(dict(zip(columns, values, strict=True)), unfloats(edges)))
        nulls = tuple((column, state) for column, state in part["nulls"])
        leaves = Leaves(share["code"].copy(), share["share"].copy(), ends)
        missing = Missing(part["missing"]["column"], unfloats(part["missing"]["share"])) if part["missing"] else None
        # Models of versions 1 and 2 have none.
        staying = _staying_from_json(part["staying"]) if part.get("staying") else None
        # Models up to version 4 have none.
        limits = tuple(
            Limit(limit["place"], np.array(limit["codes"], np.uint16), limit["at_most"])
            for limit in part.get("limits", ())
        )
        parts.append(Part(part["place"], nulls, tuple(directions), tree, leaves, missing, staying, limits))
    return tuple(parts)


def _of(frame: dict[str, Any], key: str, number: int) -> dict[str, Any]:
    """The rows whose `key`, which is sorted, is the number."""
    rows = slice(*np.searchsorted(frame[key], [number, number + 1]))
    return {name: column[rows] for name, column in frame.items()}


def _joined(arrays: list[Any], dtype: Any) -> Any:
    return np.concatenate(arrays).astype(dtype) if arrays else np.empty(0, dtype)
