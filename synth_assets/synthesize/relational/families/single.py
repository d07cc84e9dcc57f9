"""Labels that one row of a family has, or at most one: the owner of an account, a customer's default address.

A row that is drawn by itself does not know what its like have drawn. So such a column is drawn as soon as its row's
parents are known, before all others that are learned, and settled among the rows of each parent.
"""

from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt
import polars as pl

from synth_assets.catalog.model import Value
from synth_assets.dependencies.chance import is_chance
from synth_assets.synthesize.relational.families.arranged import Arranged
from synth_assets.synthesize.relational.matching import Rows

PLACE = "# place"  # the column of a row's place in its family
MOST_LABELS = 24
_FEWEST_FAMILIES = 20  # of two rows and more, which alone tell anything
_MOST_ROUNDS = 20
_SELDOM = 1e-3  # how often what is not missing is given, as a share of how often it was drawn
_FIRST, _LAST, _BETWEEN, _ONLY = "first", "last", "between", "only"
Mask = npt.NDArray[np.bool_]


class SingleLabel(Value):
    """A label, and whether one row of every family has it, or at most one."""

    label: bool | int | str
    always: bool


class Single(Value):
    """A column with such labels.

    Attributes:
        key: The reference whose rows are a family, by name.
        by: Its columns.
    """

    key: str
    by: tuple[str, ...]
    column: str
    labels: tuple[SingleLabel, ...]

    @property
    def text(self) -> str:
        """For people; it names no label."""
        most = "one" if all(label.always for label in self.labels) else "at most one"
        which = "a certain" if len(self.labels) == 1 else f"each of {len(self.labels)} values of"
        return f"{most} row of each {', '.join(self.by)} has {which} {self.column}"


def find_single(
    rows: pl.DataFrame,
    families: Mapping[str, Rows],
    *,
    by: Mapping[str, Sequence[str]],
    among: Sequence[str],
    min_group: int,
) -> tuple[Single, ...]:
    """The columns of such labels, each for the key that tells most; none that follows from another one.

    Args:
        rows: All rows of the table.
        families: The parent of each row by key; a key of which a row may have none tells nothing.
        by: The columns of these keys.
        among: The columns that may be looked at.
        min_group: Fewest rows that must share a label for it to come out.
    """
    coded = {name: one for name in among if (one := _coded(rows[name], min_group))}
    tried = len(families) * sum(len(labels) for labels, _ in coded.values())
    found: list[tuple[float, Single]] = []
    for key, parents in families.items():
        if not len(parents) or parents.min() < 0:
            continue
        _, family, sizes = np.unique(parents, return_inverse=True, return_counts=True)
        if np.count_nonzero(sizes > 1) < _FEWEST_FAMILIES:
            continue
        for name, (labels, codes) in coded.items():
            found_labels, evidence = _labels_of(labels, codes, family, sizes, tried)
            if found_labels:
                found.append((evidence, Single(key=key, by=tuple(by[key]), column=name, labels=found_labels)))
    chosen: list[Single] = []
    for _, single in sorted(found, key=lambda pair: pair[0]):
        if not any(other.column == single.column or _follows(rows, other.column, single.column) for other in chosen):
            chosen.append(single)
    return tuple(chosen)


def places(families: Rows, order_by: pl.Series | None = None) -> pl.Series:
    """Whether each row is the first of its family, the last, one between, or the only one.

    Args:
        families: Of the rows; in the order in which siblings follow each other, unless `order_by` says so.
    """
    arranged = Arranged.by(families, pl.Series(np.arange(len(families))) if order_by is None else order_by)
    position = np.empty(len(families), np.int64)
    position[arranged.order] = arranged.position
    _, family, sizes = np.unique(families, return_inverse=True, return_counts=True)
    last = position == sizes[family] - 1
    names = np.select([last & (position == 0), position == 0, last], [_ONLY, _FIRST, _LAST], _BETWEEN)
    return pl.Series(PLACE, names.tolist(), dtype=pl.String)


def settle_single(values: pl.Series, families: Rows, one: Single, rng: np.random.Generator) -> pl.Series:
    """The drawn labels, changed in as few rows as it takes: each label stays about as frequent as it was drawn."""
    named = pl.Series([label.label for label in one.labels]).cast(values.dtype)
    count = len(named)
    codes = values.replace_strict(named, np.arange(count), default=count, return_dtype=pl.Int64).to_numpy()
    _, family = np.unique(families, return_inverse=True)
    settled = _settled(codes, family, np.array([label.always for label in one.labels]), rng)
    others = np.flatnonzero(codes == count)
    source = np.arange(len(values))
    new = np.flatnonzero((settled == count) & (codes != count))
    if len(others):
        source[new] = rng.choice(others, len(new))
    changed = (settled != codes) & (settled < count)
    result = values.gather(source)
    return result.zip_with(pl.Series(~changed), named.gather(np.minimum(settled, count - 1)).alias(values.name))


def _settled(codes: Rows, family: Rows, always: Mask, rng: np.random.Generator) -> Rows:
    """The code of each row so that no family has one of the first twice; the code behind them stands for all others."""
    count = len(always)
    codes = codes.copy()
    wanted = np.bincount(codes, minlength=count + 1)
    has = np.zeros((int(family.max(initial=-1)) + 1, count), np.bool_)
    order = rng.permutation(len(codes))
    labelled = order[codes[order] < count]
    kept = labelled[np.unique(family[labelled] * count + codes[labelled], return_index=True)[1]]
    has[family[kept], codes[kept]] = True
    open_ = codes < count
    open_[kept] = False
    for label in np.flatnonzero(always):
        # Rows that must change anyhow first, then those of a label that any number may have.
        for may in (open_, codes == count, ~np.r_[always, False][codes]):
            rows = order[may[order] & ~has[family[order], label]]
            rows = rows[np.unique(family[rows], return_index=True)[1]]
            left = rows[~open_[rows] & (codes[rows] < count)]
            has[family[left], codes[left]] = False
            codes[rows], open_[rows] = label, False
            has[family[rows], label] = True
    for _ in range(_MOST_ROUNDS):
        rows = np.flatnonzero(open_)
        if not len(rows):
            break
        missing = np.maximum(wanted - np.bincount(codes[~open_], minlength=count + 1), 0)
        weight = np.where(wanted > 0, missing + _SELDOM * wanted, 0.0)
        possible = np.column_stack([~has[family[rows]], np.ones(len(rows), np.bool_)]) & (weight > 0)
        rows, possible = rows[possible.any(axis=1)], possible[possible.any(axis=1)]
        chances = np.where(possible, np.log(np.maximum(weight, 1e-300)), -np.inf)
        drawn = (chances + rng.gumbel(size=chances.shape)).argmax(axis=1)
        pairs = np.where(drawn == count, -1 - np.arange(len(rows)), family[rows] * count + drawn)
        first = np.unique(pairs, return_index=True)[1]
        rows, drawn = rows[first], drawn[first]
        codes[rows], open_[rows] = drawn, False
        labelled = drawn < count
        has[family[rows[labelled]], drawn[labelled]] = True
    return codes


def _coded(values: pl.Series, min_group: int) -> tuple[list[bool | int | str], Rows] | None:
    """The labels of a column that enough rows share, and each row's; None for what has no labels, or too many."""
    if not (values.dtype in (pl.String, pl.Boolean) or values.dtype.is_integer()):
        return None
    counted = values.drop_nulls().value_counts(name="# rows")
    if not 2 <= counted.height <= MOST_LABELS:
        return None
    labels = counted.filter(pl.col("# rows") >= min_group)[values.name].sort()
    if not len(labels):
        return None
    codes = values.replace_strict(labels, np.arange(len(labels)), default=len(labels), return_dtype=pl.Int64)
    return labels.to_list(), codes.to_numpy()


def _labels_of(
    labels: Sequence[bool | int | str], codes: Rows, family: Rows, sizes: Rows, tried: int
) -> tuple[tuple[SingleLabel, ...], float]:
    """Those that no family has twice, which chance would hardly make so; and how likely it would, as a logarithm."""
    count = len(labels)
    table = np.bincount(family * (count + 1) + codes, minlength=len(sizes) * (count + 1)).reshape(-1, count + 1)
    several = sizes[sizes > 1]
    found, evidence = [], 0.0
    for at, label in enumerate(labels):
        own = table[:, at]
        if own.max() > 1:
            continue
        share = own.sum() / len(family)
        always = bool((own == 1).all())
        one = several * share * (1 - share) ** (several - 1)
        chance = float(np.log(one if always else one + (1 - share) ** several).sum())
        if not is_chance(1, float(np.exp(chance)), tried=tried):
            found.append(SingleLabel(label=label, always=always))
            evidence += chance
    return tuple(found), evidence


def _follows(rows: pl.DataFrame, by: str, column: str) -> bool:
    """Whether rows that share one column share the other."""
    return rows.select(by, column).n_unique() == rows[by].n_unique()
