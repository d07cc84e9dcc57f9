"""Columns of rows as numpy arrays, and drawing them."""

import json
import unicodedata
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

WORDS: dict[str, Any] = json.loads(Path(__file__).with_name("words.json").read_text(encoding="utf-8"))
FIRST_DAY = np.datetime64("2023-01-01T00:00:00")
LAST_MOMENT = np.datetime64("2026-06-30T23:59:59")
DAYS = int((LAST_MOMENT - FIRST_DAY) / np.timedelta64(1, "D")) + 1

Array = np.ndarray[Any, Any]
Rows = dict[str, Array]
"""The rows of one table, column by column; None is NULL."""


class Draw:
    """Draws words with one seeded generator."""

    def __init__(self, seed: int) -> None:
        self.rng = np.random.default_rng(seed)

    def pick(self, values: Sequence[Any] | Array, n: int, p: Array | None = None) -> Array:
        """`n` of the values, with replacement, by the weights `p`."""
        chosen = self.rng.choice(len(values), size=n, p=None if p is None else p / p.sum())
        return np.asarray(values, dtype=object)[chosen]

    def pick_by(self, groups: Array, values: Mapping[Any, Sequence[Any]]) -> Array:
        """One of its group's values for each group."""
        result = np.empty(len(groups), dtype=object)
        for group, choices in values.items():
            rows = np.flatnonzero(groups == group)
            result[rows] = self.pick(choices, len(rows))
        return result

    def names(self, groups: Array) -> tuple[Array, Array]:
        """Given and family names by language; some family names are double."""
        first = self.pick_by(groups, WORDS["given_names"])
        last = self.pick_by(groups, WORDS["family_names"])
        second = self.pick_by(groups, WORDS["family_names"])
        double = (self.rng.random(len(groups)) < 0.06) & (second != last)
        last[double] += "-" + second[double]
        return first, last


def sigmoid(values: Array) -> Array:
    return np.asarray(1 / (1 + np.exp(-values)))


def nulled(values: Array, missing: Array) -> Array:
    result = values.astype(object)
    result[missing] = None
    return result


def days(count: Array) -> Array:
    return count.astype("timedelta64[D]")


def seconds(count: Array) -> Array:
    return count.astype("timedelta64[s]")


def dates(moments: Array) -> Array:
    return np.datetime_as_string(moments, unit="D").astype(object)


def times(moments: Array) -> Array:
    return np.char.replace(np.datetime_as_string(moments, unit="s"), "T", " ").astype(object)


def emails(first: Array, last: Array, domain: Array) -> Array:
    """first.last@domain, with a number from the second of that name on."""
    seen: dict[str, int] = {}
    result = []
    for given, family, at in zip(first, last, domain, strict=True):
        plain = unicodedata.normalize("NFKD", f"{given}.{family}").encode("ascii", "ignore").decode().lower()
        seen[plain] = seen.get(plain, 0) + 1
        result.append(f"{plain}{seen[plain] if seen[plain] > 1 else ''}@{at}")
    return np.array(result, dtype=object)
