"""SDV's engines of one table as SDV's documentation calls them, without anything of this package around them."""

import importlib
import time

import polars as pl
from pydantic import JsonValue

from benchmarks.cases.case import Frames
from benchmarks.dataset import Dataset
from benchmarks.engines import Measured, peak_megabytes
from benchmarks.figures.columns import COMPARED
from synth_assets.synthesize.sdv.frames import metadata_of
from synth_assets.synthesize.sdv.runtime import quietly_seeded

PLAIN_ENGINES = {
    "gaussian_copula": "GaussianCopulaSynthesizer",
    "ctgan": "CTGANSynthesizer",
    "tvae": "TVAESynthesizer",
}


def run_plain(
    dataset: Dataset, engine: str, options: dict[str, JsonValue], *, seed: int
) -> tuple[Frames, list[Measured]]:
    """Learn and draw a dataset of one table, every column by its kind.

    Raises:
        ValueError: There are several tables, or columns that are keys or texts.
    """
    ((table, frame),) = dataset.frames.items()
    kinds = dataset.kinds[table]
    if not set(kinds.values()) <= set(COMPARED):
        raise ValueError(f"{table} has columns that are neither numbers nor categories nor times")
    synthesizer = getattr(importlib.import_module("sdv.single_table"), PLAIN_ENGINES[engine])
    rows = frame.to_pandas()
    with quietly_seeded(seed):
        start = time.perf_counter()
        model = synthesizer(metadata_of({table: kinds}), **options)
        model.fit({table: rows})
        fitted = time.perf_counter()
        drawn = model.sample(round(frame.height * dataset.plan.table(table).scale))[table]
        sampled = time.perf_counter()
    measured = Measured((table,), len(drawn), fitted - start, sampled - fitted, peak_megabytes())
    made = pl.from_pandas(drawn[frame.columns]).with_columns(
        pl.col(name).cast(dtype, strict=False) for name, dtype in frame.schema.items()
    )
    return {table: made}, [measured]
