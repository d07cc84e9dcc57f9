"""A private model as JSON in a folder, and back."""

from typing import Any

import numpy as np
from pydantic import JsonValue, TypeAdapter

from synth_assets.plan.domain import Domain
from synth_assets.store.folder import Folder
from synth_assets.synthesize.private.coding import Binning, Coding, PrivateColumn
from synth_assets.synthesize.private.errors import ModelUnknown
from synth_assets.synthesize.private.learning import Learned
from synth_assets.synthesize.private.loglinear import LogLinear, Step
from synth_assets.synthesize.trees.saving import dtype_from_json, dtype_to_json, floats, unfloats

# To be raised whenever a model is written otherwise: it decides whether a stored one may be drawn from.
VERSION = 1
_FILE = "private.json"
_DOMAIN: TypeAdapter[Domain] = TypeAdapter(Domain)


def save(learned: Learned, folder: Folder) -> None:
    """Write what was learned."""
    folder.write_json(
        _FILE,
        {
            "version": VERSION,
            "rows": learned.rows,
            "outside": dict(learned.outside),
            "pairs": learned.pairs,
            "codings": [_coding_to_json(coding) for coding in learned.codings],
            "steps": [_step_to_json(step) for step in learned.model.steps],
        },
    )


def load(folder: Folder) -> Learned:
    """What `save` wrote.

    Raises:
        ModelUnknown: It is of another version.
    """
    stored: Any = folder.read_json(_FILE)
    if stored.get("version") != VERSION:
        raise ModelUnknown(stored.get("version"))
    return Learned(
        codings=tuple(_coding_from_json(coding) for coding in stored["codings"]),
        model=LogLinear(tuple(_step_from_json(step) for step in stored["steps"])),
        rows=stored["rows"],
        outside=stored["outside"],
        pairs=stored["pairs"],
    )


def _coding_to_json(coding: Coding) -> dict[str, JsonValue]:
    binning = coding.binning
    return {
        "name": coding.column.name,
        "domain": _DOMAIN.dump_python(coding.column.domain, mode="json"),
        "dtype": dtype_to_json(coding.column.dtype),
        "nullable": coding.column.nullable,
        "binning": binning
        and {
            "starts": binning.starts.tolist(),
            "widths": binning.widths.tolist(),
            "weights": floats(binning.weights),
            "bins": binning.bins.tolist(),
        },
    }


def _coding_from_json(stored: Any) -> Coding:
    column = PrivateColumn(
        name=stored["name"],
        domain=_DOMAIN.validate_python(stored["domain"]),
        dtype=dtype_from_json(stored["dtype"]),
        nullable=stored["nullable"],
    )
    binning = stored["binning"]
    if binning is None:
        return Coding(column)
    starts, widths, numbers = (np.array(binning[name], dtype=np.int64) for name in ("starts", "widths", "bins"))
    return Coding(column, Binning(starts, widths, unfloats(binning["weights"]), numbers))


def _step_to_json(step: Step) -> dict[str, JsonValue]:
    return {
        "column": step.column,
        "bias": floats(step.bias),
        "weights": [[earlier, [floats(row) for row in weights]] for earlier, weights in step.weights.items()],
    }


def _step_from_json(stored: Any) -> Step:
    weights = {earlier: np.array([unfloats(row) for row in rows]) for earlier, rows in stored["weights"]}
    return Step(stored["column"], unfloats(stored["bias"]), weights)
