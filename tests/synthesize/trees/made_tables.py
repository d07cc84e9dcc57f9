"""Made tables for the tests of the native engine, and the spec of any table."""

import numpy as np
import polars as pl

from synth_assets.store.folder import Folder
from synth_assets.store.store import ArtifactKey, Store
from synth_assets.synthesize.protocol import ColumnKind, ColumnSpec, Synthesizer, TableSpec
from synth_assets.synthesize.trees.synthesizer import TreesSynthesizer


def kind_of(dtype: pl.DataType) -> ColumnKind:
    if dtype == pl.String:
        return ColumnKind.CATEGORY
    if dtype == pl.Boolean:
        return ColumnKind.BOOLEAN
    return ColumnKind.DATETIME if dtype.is_temporal() else ColumnKind.NUMBER


def spec_of(frame: pl.DataFrame, *changed: ColumnSpec, min_group: int = 10) -> TableSpec:
    """Columns by their types, NULL where the frame holds it; `changed` columns as they are given."""
    special = {column.name: column for column in changed}
    columns = (
        special.get(name) or ColumnSpec(name, kind_of(dtype), nullable=frame[name].null_count() > 0)
        for name, dtype in frame.schema.items()
    )
    return TableSpec("made", tuple(columns), min_group)


def fitted(
    frame: pl.DataFrame,
    *changed: ColumnSpec,
    context: pl.DataFrame | None = None,
    seed: int = 0,
    **options: object,
) -> TreesSynthesizer:
    model = TreesSynthesizer(**options)
    model.fit(frame, table=spec_of(frame, *changed), context=context, seed=seed)
    return model


def drawn(
    model: Synthesizer,
    n: int,
    *,
    context: pl.DataFrame | None = None,
    given: pl.DataFrame | None = None,
    seed: int = 1,
) -> pl.DataFrame:
    return model.sample(n, context=context, given=given, rng=np.random.default_rng(seed))


def saved(model: Synthesizer) -> Folder:
    """The folder of a fresh store that the model was saved in."""
    store = Store(f"memory://{np.random.default_rng().integers(2**62)}", key=b"k" * 32)
    with store.create(ArtifactKey("made", "synthesizer", "made", "00"), refresh="r") as draft:
        model.save(draft.folder)
    assert draft.artifact is not None
    return draft.artifact.folder


def every_type(rows: int, seed: int = 0) -> pl.DataFrame:
    """One column of every type: orders of a shop that is open on weekdays from 9 to 17."""
    rng = np.random.default_rng(seed)
    group = rng.choice(4, rows, p=[0.4, 0.3, 0.2, 0.1])
    amount = np.round(rng.lognormal(3 + group, 0.5), 2)
    start = np.datetime64("2022-01-03", "D") + rng.integers(0, 100, rows) * 7 + rng.integers(0, 5, rows)
    clock = (rng.integers(9 * 60, 17 * 60, rows) * 60_000_000).astype("timedelta64[us]")
    frame = pl.DataFrame(
        {
            "integer": rng.poisson(3 + 4 * group),
            "unsigned": pl.Series(rng.integers(0, 1000, rows), dtype=pl.UInt64),
            "huge": pl.Series(rng.integers(2**60, 2**62, rows), dtype=pl.Int64),
            "float": rng.normal(group, 0.3),
            "single": pl.Series(rng.normal(size=rows), dtype=pl.Float32),
            "decimal": pl.Series(amount).cast(pl.Decimal(10, 2)),
            "flag": group >= 2,
            "label": pl.Series([("north", "south", "east", "west")[g] for g in group], dtype=pl.String),
            "instant": pl.Series(start.astype("datetime64[us]") + clock, dtype=pl.Datetime("us")),
            "zoned": pl.Series(start.astype("datetime64[us]"), dtype=pl.Datetime("us")).dt.replace_time_zone("UTC"),
            "day": pl.Series(start.astype("datetime64[ms]"), dtype=pl.Datetime("ms")).cast(pl.Date),
            "clock": pl.Series(clock.astype(np.int64) * 1000, dtype=pl.Int64).cast(pl.Time),
        }
    )
    open_ = pl.Series(rng.random(rows) < 0.3)
    later = pl.Series(rng.integers(0, 9, rows))
    return frame.with_columns(
        closed=pl.when(~open_).then(pl.col("day") + pl.duration(days=later)),
        refund=pl.when(~open_).then((pl.col("decimal").cast(pl.Float64) * 0.1).round(2)),
        empty=pl.lit(None, dtype=pl.Float64),
        same=pl.lit(7, dtype=pl.Int64),
    )


def distance(real: pl.Series, synthetic: pl.Series, cells: int = 12) -> float:
    """Total variation distance between two columns, numbers in quantile cells of the real one; 0 is equal."""
    coded = cell_numbers(real, synthetic, cells)
    counts = [np.bincount(codes, minlength=max(c.max() for c in coded) + 1) / len(codes) for codes in coded]
    return 0.5 * float(np.abs(counts[0] - counts[1]).sum())


def pair_distance(real: pl.DataFrame, synthetic: pl.DataFrame, a: str, b: str, cells: int = 6) -> float:
    """The same for a pair of columns."""
    first, second = cell_numbers(real[a], synthetic[a], cells), cell_numbers(real[b], synthetic[b], cells)
    size = max(int(codes.max()) for codes in second) + 1
    joint = [x * size + y for x, y in zip(first, second, strict=True)]
    top = max(int(codes.max()) for codes in joint) + 1
    counts = [np.bincount(codes, minlength=top) / len(codes) for codes in joint]
    return 0.5 * float(np.abs(counts[0] - counts[1]).sum())


def cell_numbers(real: pl.Series, synthetic: pl.Series, cells: int) -> tuple[np.ndarray, np.ndarray]:
    """Both columns as small integers, 0 for NULL."""
    if real.dtype in (pl.String, pl.Boolean):
        levels = {value: at + 1 for at, value in enumerate(real.drop_nulls().unique().sort().to_list())}
        a, b = (
            np.array([levels.get(v, len(levels) + 1) if v is not None else 0 for v in s]) for s in (real, synthetic)
        )
        return a, b
    a, b = (s.to_physical().cast(pl.Float64).fill_null(float("nan")).to_numpy() for s in (real, synthetic))
    edges = np.unique(np.nanquantile(a, np.linspace(0, 1, cells + 1)[1:-1])) if np.isfinite(a).any() else np.empty(0)
    x, y = (np.where(np.isnan(v), 0, 1 + np.searchsorted(edges, v, side="right")) for v in (a, b))
    return x, y
