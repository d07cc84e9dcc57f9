"""Make drawn values keep their columns' rules: never one of the source's, and different where they must be."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import polars as pl

from synth_assets.synthesize.rules.errors import CapacityTooSmall
from synth_assets.synthesize.rules.random_text import DIGITS, LOWER, texts_of_codes
from synth_assets.synthesize.rules.seen import Mask, SeenValues, join, normalize
from synth_assets.synthesize.rules.uniqueness import comparable, duplicates

Draw = Callable[[npt.NDArray[np.int64], int], pl.DataFrame]
Extend = Callable[[pl.Series, pl.Series], pl.Series]

_ATTEMPTS = 16
_FEW_ROWS = 1_000
_LEAST_ATTEMPTS = 3
_MOST_SUFFIX = 10
_MOST_ENUMERATED = 4
_LEAST_UNBOUNDED = 12
_WORTHWHILE = 0.5  # an attempt that leaves more than this share of the rows as they were is the last


@dataclass(frozen=True)
class Rule:
    """What the values of one column must keep.

    Attributes:
        seen: The source's values, none of which may come out; None if they may.
        unique: No two rows may share a value, whatever their case and outer blanks.
        extend: Makes a value another one with a suffix that it is given; must keep different suffixes of one length
            different. None: values can only be drawn anew.
        suffix_room: Most characters that a suffix may have; None if there is no bound.
        suffix_alphabet: What suffixes are written in.
        stem: The least value that `extend` takes.
        best_effort: Where drawing anew does not help, a value of the source may stay.
        most: Different values that are possible, where that is known otherwise than by `suffix_room`.
    """

    table: str
    column: str
    seen: SeenValues | None = None
    unique: bool = False
    extend: Extend | None = None
    suffix_room: int | None = None
    suffix_alphabet: str = DIGITS + LOWER
    stem: str = ""
    best_effort: bool = False
    most: int | None = None

    @property
    def capacity(self) -> int | None:
        """Different values that are possible at most; None if there is no bound that matters."""
        if self.most is not None:
            return self.most
        if self.extend is None or self.suffix_room is None or self.suffix_room > _LEAST_UNBOUNDED:
            return None
        return int(sum(len(self.suffix_alphabet) ** width for width in range(1, self.suffix_room + 1)))

    def check_capacity(self, n: int) -> None:
        """Raises CapacityTooSmall, before anything is generated, if n rows cannot all differ."""
        if self.unique and self.capacity is not None and n > self.capacity:
            raise CapacityTooSmall(table=self.table, column=self.column, needed=n, capacity=self.capacity)


@dataclass(frozen=True)
class Combination:
    """Columns whose values together must not be together in one source row."""

    columns: tuple[str, ...]
    seen: SeenValues = field(repr=False)


def settle(draw: Draw, n: int, *, rules: Sequence[Rule], combinations: Sequence[Combination] = ()) -> pl.DataFrame:
    """Draw n rows so that every rule holds: first by drawing broken rows anew, then by suffixes.

    Args:
        draw: Gives fresh rows for those at these positions; its second argument is the number of the attempt, 0 at
            first.

    Raises:
        CapacityTooSmall: There are not enough different values.
    """
    for rule in rules:
        rule.check_capacity(n)
    frame = draw(np.arange(n), 0)
    held = _held_by_source(frame, rules, combinations)
    keys = _unique_keys(frame, rules)
    for attempt in range(1, _ATTEMPTS):
        rows = np.flatnonzero(held.any(axis=1) | _repeated(keys))
        if not len(rows):
            return frame
        fresh = draw(rows, attempt)
        frame = _replace(frame, rows, fresh)
        held[rows] = _held_by_source(fresh, rules, combinations)
        keys[rows] = _unique_keys(fresh, rules)
        if len(rows) > _FEW_ROWS and attempt > _LEAST_ATTEMPTS:
            broken = held.any(axis=1) | _repeated(keys)
            if broken.sum() > len(rows) * _WORTHWHILE:
                break
    extended = {rule.column: _extend_broken(frame[rule.column], held[:, i], rule) for i, rule in enumerate(rules)}
    frame = frame.with_columns(**extended)
    return _separate(frame, rules, combinations)


def settle_texts(draw: Callable[[int, int], pl.Series], n: int, *, rule: Rule) -> pl.Series:
    """`settle` for one column."""
    frame = settle(lambda rows, attempt: draw(len(rows), attempt).alias(rule.column).to_frame(), n, rules=[rule])
    return frame[rule.column]


def _held_by_source(frame: pl.DataFrame, rules: Sequence[Rule], combinations: Sequence[Combination]) -> Mask:
    """Row by row: one column for each rule, then one for each combination."""
    held = np.zeros((len(frame), len(rules) + len(combinations)), dtype=np.bool_)
    for place, rule in enumerate(rules):
        if rule.seen is not None:
            held[:, place] = rule.seen.holds(frame[rule.column])
    for place, combination in enumerate(combinations, start=len(rules)):
        held[:, place] = combination.seen.holds(join([frame[column] for column in combination.columns]))
    return held


def _unique_keys(frame: pl.DataFrame, rules: Sequence[Rule]) -> npt.NDArray[np.uint64]:
    """Row by row, what stands for the values of unique columns when they are compared."""
    unique = [comparable(frame[rule.column]) for rule in rules if rule.unique]
    return np.column_stack(unique) if unique else np.empty((len(frame), 0), dtype=np.uint64)


def _repeated(keys: npt.NDArray[np.uint64]) -> Mask:
    repeated = np.zeros(len(keys), dtype=np.bool_)
    for column in keys.T:
        repeated |= ~pl.Series(column).is_first_distinct().to_numpy()
    return repeated


def _replace(frame: pl.DataFrame, rows: npt.NDArray[np.int64], fresh: pl.DataFrame) -> pl.DataFrame:
    positions = np.arange(len(frame))
    positions[rows] = len(frame) + np.arange(len(rows))
    return pl.concat([frame, fresh])[positions]


def _extend_broken(values: pl.Series, held: Mask, rule: Rule) -> pl.Series:
    originals = values
    held = np.zeros_like(held) if rule.best_effort else held.copy()
    for width in (None, *_suffix_widths(rule)):
        repeated = duplicates(values) if rule.unique else np.zeros(len(values), dtype=np.bool_)
        rows = np.flatnonzero(repeated | held)
        if not len(rows):
            return values
        if rule.extend is None:
            break
        if width is None or (len(rule.suffix_alphabet) ** width < len(rows) and width < _widest(rule)):
            continue
        suffixes = _suffixes(len(rows), width, rule.suffix_alphabet)
        rows = rows[: len(suffixes)]
        fresh = rule.extend(originals.gather(rows), suffixes)
        values = _replace(values.to_frame("value"), rows, fresh.to_frame("value"))["value"]
        if rule.seen is not None and not rule.best_effort:
            held[rows] = rule.seen.holds(fresh)
    return _enumerate_free(values, held, rule)


def _suffix_widths(rule: Rule) -> list[int]:
    """Characters of one round of suffixes after the other, short ones first."""
    return [width for width in range(1, _widest(rule) + 1) for _ in range(2)]


def _widest(rule: Rule) -> int:
    return _MOST_SUFFIX if rule.suffix_room is None else min(rule.suffix_room, _MOST_SUFFIX)


def _enumerate_free(values: pl.Series, held: Mask, rule: Rule) -> pl.Series:
    """Give the rows that are still broken whatever single values are free in a column of few characters."""
    repeated = duplicates(values) if rule.unique else np.zeros(len(values), dtype=np.bool_)
    rows = np.flatnonzero(repeated | held)
    if not len(rows):
        return values
    free = pl.Series([], dtype=pl.String)
    if rule.extend is not None and rule.suffix_room is not None and rule.suffix_room <= _MOST_ENUMERATED:
        widths = range(rule.suffix_room, 0, -1)
        every = [_suffixes(len(rule.suffix_alphabet) ** width, width, rule.suffix_alphabet) for width in widths]
        candidates = pl.concat(every)
        candidates = rule.extend(pl.Series([rule.stem]).new_from_index(0, len(candidates)), candidates)
        taken = values if rule.unique else values.head(0)
        free = candidates.filter(~normalize(candidates).is_in(normalize(taken).implode()))
        free = free.filter(pl.Series(~duplicates(free)))
        if rule.seen is not None and not rule.best_effort:
            free = free.filter(pl.Series(~rule.seen.holds(free)))
    needed = len(rows) if rule.unique else min(1, len(rows))
    if len(free) < needed:
        capacity = len(values) - len(rows) + len(free)
        raise CapacityTooSmall(table=rule.table, column=rule.column, needed=len(values), capacity=capacity)
    fresh = free.gather(np.arange(len(rows)) % len(free))
    return _replace(values.to_frame("value"), rows, fresh.to_frame("value"))["value"]


def _suffixes(count: int, width: int, alphabet: str) -> pl.Series:
    base = len(alphabet)
    numbers = np.arange(min(count, base**width), dtype=np.int64)
    letters = np.array([ord(letter) for letter in alphabet], dtype=np.uint32)
    codes = np.empty((len(numbers), width), dtype=np.uint32)
    for place in range(width - 1, -1, -1):
        codes[:, place] = letters[numbers % base]
        numbers = numbers // base
    return texts_of_codes(codes, np.full(len(codes), width, dtype=np.int64))


def _separate(frame: pl.DataFrame, rules: Sequence[Rule], combinations: Sequence[Combination]) -> pl.DataFrame:
    """Break up the last combinations that a source row holds too, by a suffix to their last column."""
    by_column: Mapping[str, Rule] = {rule.column: rule for rule in rules}
    for combination in combinations:
        column = combination.columns[-1]
        for suffix in (" II", " III", " IV", " V"):
            held = combination.seen.holds(join([frame[name] for name in combination.columns]))
            if not held.any():
                break
            room = by_column[column].suffix_room if column in by_column else None
            stems = frame[column] if room is None else frame[column].str.head(max(room - len(suffix), 0))
            frame = frame.with_columns((stems + suffix).zip_with(pl.Series(held), frame[column]).alias(column))
    return frame
