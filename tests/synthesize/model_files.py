"""Looking into the files of a saved model: every text, every number, every byte."""

import struct
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import polars as pl

from synth_assets.store.folder import Folder
from tests.synthesize.marked_database import Protected

WINDOW = 8


@dataclass(frozen=True)
class Contents:
    """All that a folder holds, decoded: texts (names of columns, keys and files, too), numbers, and the bytes."""

    texts: list[str]
    numbers: set[float]
    content: bytes


def contents_of(folder: Folder, *facts: object) -> Contents:
    """Every file of a model, by the kind that its name tells; a file of another kind fails.

    Raises:
        ValueError: There is a file of which nobody knows how to look into it.
    """
    texts: list[str] = []
    numbers: set[float] = set()
    content = []
    values: list[object] = list(facts)
    for path, of in files_of(folder):
        texts += path
        name = path[-1]
        content.append(of.read_bytes(name))
        if name.endswith(".json"):
            values.append(of.read_json(name))
        elif name.endswith(".parquet"):
            frame = of.read_frame(name)
            texts += frame.columns
            for column in frame.iter_columns():
                if column.dtype.is_temporal() or column.dtype.is_numeric():
                    physical = column if column.dtype.is_numeric() else column.to_physical()
                    numbers |= set(physical.cast(pl.Float64).drop_nulls().to_list())
                elif column.dtype == pl.Binary:
                    content += column.drop_nulls().to_list()
                else:
                    values.append(column.to_list())
        else:
            raise ValueError(f"{name} is neither JSON nor Parquet")
    for value in values:
        _walk(value, texts, numbers)
    return Contents(texts, numbers, b"\n".join(content))


def files_of(folder: Folder) -> Iterator[tuple[tuple[str, ...], Folder]]:
    """The path of each file in the folder and in all folders within, and the folder that it is in."""
    for name in folder.names():
        yield (name,), folder
    for inner in folder.folder_names():
        for path, of in files_of(folder.folder(inner)):
            yield (inner, *path), of


def _walk(value: object, texts: list[str], numbers: set[float]) -> None:
    """All texts and numbers of a JSON value; numbers under a base are also taken with it."""
    if isinstance(value, dict):
        texts += value
        base = int(value.get("base", 0)) if isinstance(value.get("base", 0), int | str) else 0
        inside: set[float] = set()
        for of in value.values():
            _walk(of, texts, inside)
        numbers |= inside | {number + base for number in inside if base}
    elif isinstance(value, list | tuple):
        for of in value:
            _walk(of, texts, numbers)
    elif isinstance(value, str):
        texts.append(value)
    elif isinstance(value, int | float) and not isinstance(value, bool):
        numbers.add(float(value))


def found(protected: Protected, contents: Contents) -> dict[str, list[str | float]]:
    """Protected values that are there, by column: as a number, within a text, or within the bytes."""
    content = "\n".join(contents.texts).encode() + b"\n" + contents.content
    windows = _windows(content)
    there: dict[str, list[str | float]] = {}
    for value, place in protected.texts.items():
        if _stands(value.encode(), content, windows):
            there.setdefault(place, []).append(value)
    for number, place in protected.numbers.items():
        if number in contents.numbers or any(_stands(form, content, windows) for form in _bytes_of(number)):
            there.setdefault(place, []).append(number)
    return there


def _bytes_of(number: float) -> Iterator[bytes]:
    """How a number of many digits may lie in bytes: as text, as a float, as an integer."""
    whole = number.is_integer()
    plain = str(int(number)) if whole else repr(number)
    if len(plain) >= WINDOW:
        yield plain.encode()
        yield struct.pack("<d", number)
        if whole:
            yield struct.pack("<q", int(number))


def _windows(content: bytes) -> set[int]:
    """All runs of WINDOW bytes: what begins with none of them need not be looked for."""
    runs = np.lib.stride_tricks.sliding_window_view(np.frombuffer(content, np.uint8), WINDOW)
    return set(np.unique(np.ascontiguousarray(runs).view(np.uint64).ravel()).tolist())


def _stands(value: bytes, content: bytes, windows: set[int]) -> bool:
    if len(value) < WINDOW:
        return value in content
    return struct.unpack("<Q", value[:WINDOW])[0] in windows and value in content
