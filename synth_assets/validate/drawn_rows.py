"""The synthetic rows among those of a hybrid table: what copies, nearness and likeness are judged by."""

from collections.abc import Iterator, Mapping, Sequence

import numpy as np
import numpy.typing as npt
import polars as pl

from synth_assets.validate.rows import Part, Rows


class DrawnRows:
    """The rows of a table without those that are real. It has the shape of `Rows`.

    Args:
        drawn: For each row of the table whether it is synthetic.
    """

    def __init__(self, rows: Rows, drawn: npt.NDArray[np.bool_]) -> None:
        self._rows = rows
        self._drawn = pl.Series(drawn)
        self.rows: int = int(drawn.sum())
        self.fingerprint: str = rows.fingerprint
        self.schema: pl.Schema = rows.schema
        self.formats: Mapping[str, str] = rows.formats
        self.computed: Sequence[str] = rows.computed
        self.reaches: Mapping[str, Sequence[Sequence[str]]] = rows.reaches

    def read(self, *, columns: Sequence[str] | None = None, part: Part = "all") -> pl.DataFrame:
        """All synthetic rows; generated rows have one part only."""
        return self._rows.read(columns=columns, part=part).filter(self._drawn)

    def source_rows(self) -> pl.Series | None:
        """None: no row is real."""
        return None

    def batches(self, *, columns: Sequence[str] | None = None, rows: int = 131_072) -> Iterator[pl.DataFrame]:
        """All synthetic rows, at most `rows` at a time."""
        start = 0
        for batch in self._rows.batches(columns=columns, rows=rows):
            yield batch.filter(self._drawn[start : start + batch.height])
            start += batch.height


def drawn_rows(rows: Rows) -> Rows:
    """The synthetic ones of a table's rows: nearly always all."""
    real = rows.source_rows()
    return rows if real is None else DrawnRows(rows, real.is_null().to_numpy())
