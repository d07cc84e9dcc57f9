"""One engine on one case: a process of its own, so that its memory and its time are its own.

    python -m benchmarks.compare.worker CASE_FOLDER OUT_FOLDER SETTINGS

CASE_FOLDER holds real/TABLE.parquet and schema.json. Writes OUT_FOLDER/TABLE.parquet and OUT_FOLDER/measured.json, or
OUT_FOLDER/refused.txt if the engine cannot learn such tables. SETTINGS is JSON, see Settings.
"""

import importlib
import json
import sys
import time
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from pydantic import JsonValue

from benchmarks.cases.case import Frames
from benchmarks.compare.plain_sdv import run_plain
from benchmarks.dataset import Dataset, dataset_of, read_frames, write_frames
from benchmarks.engines import Measured, run
from synth_assets.synthesize.sdv.acceptance import PAR, check_engines
from synth_assets.synthesize.sdv.errors import EngineRefused

NATIVE_ENGINES = ("trees", "private")
# What every engine is driven by, and what the native one is made of.
OWN_MODULES = ("synth_assets.synthesize.auto.table", "synth_assets.synthesize.relational.generate")
NATIVE_LIBRARIES = (*OWN_MODULES, "sklearn.tree", "pandas", "pyarrow")
SDV_LIBRARIES = (*NATIVE_LIBRARIES, "torch", "sdv.metadata", "sdv.single_table", "sdv.multi_table")
MEASURED_FILE, REFUSED_FILE = "measured.json", "refused.txt"


@dataclass(frozen=True)
class Settings:
    """What the process is to do."""

    engine: str
    options: dict[str, JsonValue]
    seed: int
    scale: float = 1.0
    plain: bool = False

    def as_json(self) -> str:
        return json.dumps(asdict(self))


@dataclass(frozen=True)
class Took:
    """What an engine took for all tables.

    Attributes:
        rows: That were drawn.
        import_seconds: To load the libraries that learning needs; not part of the others.
        peak_megabytes: The most memory that the process held: libraries and real rows included.
    """

    rows: int
    import_seconds: float
    fit_seconds: float
    sample_seconds: float
    peak_megabytes: float


def measure(case: Path, out: Path, settings: Settings) -> Took:
    """Learn and draw all tables of a case, and write what was drawn.

    Raises:
        EngineRefused: The engine cannot learn such tables.
    """
    schema = json.loads((case / "schema.json").read_text())
    dataset = dataset_of(
        read_frames(case / "real", schema),
        schema,
        engine=settings.engine,
        options=settings.options,
        scale=settings.scale,
        seed=settings.seed,
    )
    started = time.perf_counter()
    for module in NATIVE_LIBRARIES if settings.engine in NATIVE_ENGINES else SDV_LIBRARIES:
        importlib.import_module(module)
    imported = time.perf_counter() - started
    made, measured = _run(dataset, settings)
    write_frames(made, out)
    return Took(
        rows=sum(m.rows for m in measured),
        import_seconds=imported,
        fit_seconds=sum(m.fit_seconds for m in measured),
        sample_seconds=sum(m.sample_seconds for m in measured),
        peak_megabytes=max(m.peak_megabytes for m in measured),
    )


def _run(dataset: Dataset, settings: Settings) -> tuple[Frames, list[Measured]]:
    if settings.plain:
        return run_plain(dataset, settings.engine, settings.options, seed=settings.seed)
    fitting = only_children(dataset) if settings.engine == PAR else dataset
    check_engines(fitting.plan)
    return run(fitting)


def only_children(dataset: Dataset) -> Dataset:
    """PAR learns the rows of one parent as a sequence: tables that have no parent are left to the native engine."""
    keys = dataset.plan.foreign_keys
    children = {name for name, owned in keys.items() if any(key.parent != name for key in owned)}
    if not children:
        return dataset
    tables = tuple(
        t if t.name in children else t.model_copy(update={"synthesizer": "trees", "synthesizer_options": {}})
        for t in dataset.plan.tables
    )
    return replace(dataset, plan=dataset.plan.model_copy(update={"tables": tables}))


def main() -> None:
    case, out = Path(sys.argv[1]), Path(sys.argv[2])
    out.mkdir(parents=True, exist_ok=True)
    try:
        took = measure(case, out, Settings(**json.loads(sys.argv[3])))
    except EngineRefused as refused:
        (out / REFUSED_FILE).write_text("; ".join(refused.reasons))
        sys.exit(1)
    (out / MEASURED_FILE).write_text(json.dumps(asdict(took)))


if __name__ == "__main__":
    main()
