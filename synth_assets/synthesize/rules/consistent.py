"""Fakes that follow from a real value: under one key, the same value has the same fake in every table and refresh."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl

from synth_assets.plan.fake_kinds import ONE_FOR_EACH_VALUE
from synth_assets.plan.resolved import ColumnDecision
from synth_assets.synthesize.rules.decisions import fake_column
from synth_assets.synthesize.rules.errors import CapacityTooSmall
from synth_assets.synthesize.rules.fakes import Distance, FakeColumn
from synth_assets.synthesize.rules.groups import draw_group
from synth_assets.synthesize.rules.keyed_hashes import Hashes, keyed_hashes
from synth_assets.synthesize.rules.kinds import FAKES, Request
from synth_assets.synthesize.rules.pools import pools
from synth_assets.synthesize.rules.random_text import DIGITS, HEXADECIMAL, LOWER, texts_of_codes
from synth_assets.synthesize.rules.seen import Mask, SeenValues, join
from synth_assets.synthesize.rules.target import Target
from synth_assets.synthesize.rules.uniqueness import duplicates

# So many people, addresses or other fakes are drawn; the hash of a real value says which one is its own.
_DRAWN = 2**18
_DRAWN_BITS = np.uint64(18)
_MARK = 8
_ATTEMPTS = 16
_RANDOM_TEXTS = ("password", "token", "hash")


@dataclass(frozen=True)
class Avoided:
    """What the fakes of some columns must not be together: values of the source in one table."""

    columns: tuple[FakeColumn, ...]
    seen: SeenValues


class ConsistentFakes:
    """The consistent fakes of a dataset.

    The keyed hash of the real value picks one of many drawn people, addresses or other fakes; all columns of one group
    pick the same one, so that name and e-mail address agree. Where that would give a value that the source holds in
    any of the dataset's consistent columns, another one is picked, the same in every table. Of kinds that tell values
    apart, the hash itself makes characters of the fake: two of a million values share one by a chance of 1 in 10,000.

    Args:
        key: The rules' own key.
    """

    def __init__(self, *, key: bytes) -> None:
        self._key = hashlib.blake2b(b"consistent fakes", key=key, digest_size=32).digest()
        self._avoided: list[Avoided] = []
        self._drawn: dict[FakeColumn, pl.Series] = {}

    def avoid(self, decisions: Sequence[ColumnDecision], made: Sequence[Target], rows: pl.DataFrame) -> None:
        """Keep these columns' fakes together away from these rows' values of them."""
        columns = tuple(fake_column(d, target) for d, target in zip(decisions, made, strict=True))
        if len(columns) > 1 or columns[0].distance is Distance.STRICT:
            values = join([rows[d.name] for d in decisions]) if len(columns) > 1 else rows[decisions[0].name]
            self._avoided.append(Avoided(columns, SeenValues.of(values, key=self._key)))

    def of(self, rows: pl.DataFrame, decision: ColumnDecision, target: Target) -> pl.Series:
        """The fake of each row's value of the column, or of the column that says who the row's person is; null: null.

        Raises:
            CapacityTooSmall: The source holds nearly all fakes of the kind, or values of a unique column became the
                same.
        """
        column, values = fake_column(decision, target), rows[decision.name]
        identities = rows.select(
            pl.coalesce(
                pl.col(str(decision.options["consistent"])).cast(pl.String), pl.col(decision.name).cast(pl.String)
            ).alias("identity")
        )["identity"]
        distinct = identities.filter(values.is_not_null()).unique()
        fakes = self._fakes(column, self._picked(column, keyed_hashes(distinct, key=self._key)))
        mapped = pl.DataFrame({"identity": identities, "real": values}).join(
            pl.DataFrame({"identity": distinct, "fake": fakes}), on="identity", how="left", maintain_order="left"
        )
        replaced = mapped.select(pl.when(pl.col("real").is_not_null()).then("fake").alias(decision.name))[decision.name]
        if target.unique and duplicates(replaced).any() and not duplicates(values).any():
            raise self._refused(column, len(values), replaced.n_unique())
        return replaced

    def _picked(self, column: FakeColumn, hashes: Hashes) -> Hashes:
        """For each hash itself, or the next one that gives nothing which the source holds."""
        picked = hashes.copy()
        left = np.arange(len(picked))
        for _ in range(_ATTEMPTS):
            left = left[self._held(column, picked[left])]
            if not len(left):
                return picked
            picked[left] = _next(picked[left])
        raise self._refused(column, len(hashes), len(hashes) - len(left))

    def _held(self, column: FakeColumn, hashes: Hashes) -> Mask:
        held = np.zeros(len(hashes), dtype=np.bool_)
        for avoided in self._avoided:
            if _source_of(avoided.columns[0]) == _source_of(column):
                texts = [self._fakes(one, hashes) for one in avoided.columns]
                held |= avoided.seen.holds(join(texts) if len(texts) > 1 else texts[0])
        return held

    def _fakes(self, column: FakeColumn, hashes: Hashes) -> pl.Series:
        """The fake that each hash stands for, as the column's type."""
        target = column.target
        if column not in self._drawn:
            self._drawn[column] = self._draw(column)
        picked = self._drawn[column].gather(hashes % np.uint64(_DRAWN))
        if column.kind in ONE_FOR_EACH_VALUE and target.dtype == pl.String:
            picked = _marked(picked, column, hashes >> _DRAWN_BITS)
        return target.cast(picked)

    def _draw(self, column: FakeColumn) -> pl.Series:
        seed = hashlib.blake2b("\x1f".join(_source_of(column)).encode(), key=self._key, digest_size=8).digest()
        rng = np.random.default_rng(int.from_bytes(seed, "little"))
        if column.group:
            return draw_group(_DRAWN, columns=[column], seen={}, models={}, houses={}, attempt=0, rng=rng).to_series()
        request = Request(n=_DRAWN, parts=pools(column.locale), length=column.target.looks, rng=rng)
        values = FAKES[column.kind](request)
        if values.dtype != pl.String and column.target.dtype == pl.String:
            values = column.target.cast(values)
        return column.target.fit(values) if values.dtype == pl.String else values

    def _refused(self, column: FakeColumn, needed: int, capacity: int) -> CapacityTooSmall:
        target = column.target
        return CapacityTooSmall(
            table=target.table,
            column=target.column,
            needed=needed,
            capacity=capacity,
            remedy=f"Name pseudonymize for {target.column}, or take `consistent` out.",
        )


def _source_of(column: FakeColumn) -> tuple[str, str]:
    """What is drawn together: one person, one address, or one kind alone."""
    return column.group or column.kind, column.locale


def _next(hashes: Hashes) -> Hashes:
    """Other hashes that follow from these: SplitMix64 (Steele, Lea and Flood, OOPSLA 2014)."""
    mixed = hashes + np.uint64(0x9E3779B97F4A7C15)
    mixed = (mixed ^ (mixed >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    mixed = (mixed ^ (mixed >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return mixed ^ (mixed >> np.uint64(31))


def _marked(texts: pl.Series, column: FakeColumn, numbers: Hashes) -> pl.Series:
    """The texts with characters that stand for these numbers, as many as there is room for."""
    rule = column.rule(None)
    alphabet = HEXADECIMAL if column.kind == "hash" else DIGITS + LOWER
    width = _MARK if rule.suffix_room is None else max(0, min(_MARK, rule.suffix_room))
    if rule.extend is None or not width:
        return texts
    base, letters = np.uint64(len(alphabet)), np.array([ord(letter) for letter in alphabet], dtype=np.uint32)
    codes = np.empty((len(numbers), width), dtype=np.uint32)
    for place in range(width):
        codes[:, place] = letters[(numbers % base).astype(np.int64)]
        numbers = numbers // base
    marks = texts_of_codes(codes, np.full(len(codes), width, dtype=np.int64))
    stems = texts.str.slice(width) if column.kind in _RANDOM_TEXTS else texts
    return column.target.fit(rule.extend(stems, marks))
