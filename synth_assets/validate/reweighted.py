"""The source as it would be with the shares that the plan wishes for: what balanced tables are compared with.

Where `balance` says that a fifth of the rows is to be fraud, a source with one in a hundred is no measure. Source rows
are drawn, without replacement, so that each class has its wished share: within a class everything is as it was, so
every other difference still counts. A table that hangs on a balanced one is compared with the children of the rows
drawn. What the plan shifts is thereby left out of the figures, and nothing else.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

import numpy as np
import polars as pl

from synth_assets.catalog.model import ForeignKey
from synth_assets.plan.balance import Balance
from synth_assets.statistics.encoding import Array
from synth_assets.statistics.references import match_rows
from synth_assets.statistics.reweighting import wished_rows
from synth_assets.validate.rows import Part, Rows
from synth_assets.validate.subject import Subject

NOTE = (
    " Source rows are drawn so that they have the shares that the plan's `balance` wishes for: what it shifts is no "
    "difference."
)


class ReweightedRows:
    """Source rows with wished shares. It has the shape of `Rows`.

    Args:
        balance: Of the table itself; None where it only hangs on a balanced one.
        above: The key to the driving parent and its rows, where these are reweighted.
    """

    def __init__(
        self, rows: Rows, *, balance: Balance | None, above: "tuple[ForeignKey, ReweightedRows] | None", seed: int
    ) -> None:
        self._source = rows
        self._balance = balance
        self._above = above
        self._seed = seed
        self._chosen: dict[Part, Array] = {}
        self.rows: int = len(self.chosen("all"))
        self.fingerprint: str = rows.fingerprint
        self.schema: pl.Schema = rows.schema
        self.formats: Mapping[str, str] = rows.formats
        self.computed: Sequence[str] = rows.computed
        self.reaches: Mapping[str, Sequence[Sequence[str]]] = rows.reaches

    def chosen(self, part: Part) -> Array:
        """The numbers of the rows of one part that are drawn, ascending, int64 of shape (rows,)."""
        if part not in self._chosen:
            rows = self._below(part)
            if self._balance is not None:
                values = self._source.read(columns=[self._balance.column], part=part)[self._balance.column]
                rng = np.random.default_rng([self._seed, 12])
                rows = rows[wished_rows(values.gather(rows), self._balance, rng=rng)]
            self._chosen[part] = rows
        return self._chosen[part]

    def read(self, *, columns: Sequence[str] | None = None, part: Part = "all") -> pl.DataFrame:
        """The drawn rows of one part."""
        return self._source.read(columns=columns, part=part)[self.chosen(part)]

    def source_rows(self) -> pl.Series | None:
        """None: nothing was generated."""
        return None

    def batches(self, *, columns: Sequence[str] | None = None, rows: int = 131_072) -> Iterator[pl.DataFrame]:
        """All drawn rows, at most `rows` at a time."""
        yield from self.read(columns=columns).iter_slices(rows)

    def _below(self, part: Part) -> Array:
        """The rows whose parent is drawn, and those without a parent."""
        if self._above is None:
            height = self._source.read(columns=self._source.schema.names()[:1], part=part).height
            return np.arange(height)
        key, parent = self._above
        own = self._source.read(columns=list(dict.fromkeys(key.columns_read)), part=part)
        parents = parent.source_of(key, part)
        found = match_rows(own, key, parents)
        drawn = np.zeros(parents.height + 1, dtype=np.bool_)
        drawn[parent.chosen(part)] = True
        drawn[-1] = True
        return np.flatnonzero(drawn[found])

    def source_of(self, key: ForeignKey, part: Part) -> pl.DataFrame:
        """The columns that a key refers to, of all rows of one part."""
        return self._source.read(columns=list(dict.fromkeys(key.parent_columns)), part=part)


def with_reweighted(
    judged: Mapping[str, Subject], driving: Mapping[str, ForeignKey], *, seed: int
) -> dict[str, Subject]:
    """The subjects, those of balanced tables and of what hangs on them with the source rows to compare them with."""
    known: dict[str, ReweightedRows | None] = {}

    def reweighted(name: str) -> ReweightedRows | None:
        if name not in known:
            known[name] = None  # also for a table that, by mistake, hangs on itself
            subject, key = judged[name], driving.get(name)
            parent = reweighted(key.parent) if key and key.parent in judged else None
            balance = subject.decision.balance
            if subject.source is not None and (balance or parent):
                above = (key, parent) if key and parent else None
                known[name] = ReweightedRows(subject.source, balance=balance, above=above, seed=seed)
        return known[name]

    return {
        name: subject if (rows := reweighted(name)) is None else replace(subject, reweighted=rows)
        for name, subject in judged.items()
    }
