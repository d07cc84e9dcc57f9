"""One engine on one case: a process of its own, so that its memory and its time are its own.

    python -m benchmarks.compare.worker CASE_FOLDER OUT_FOLDER SETTINGS

CASE_FOLDER holds real/TABLE.parquet and schema.json. Writes OUT_FOLDER/TABLE.parquet and OUT_FOLDER/measured.json.
SETTINGS is JSON: engine, options, seed, scale.
"""

import json
import sys
import time
from dataclasses import asdict, dataclass
from pathlib import Path

from pydantic import JsonValue

from benchmarks.dataset import read_dataset, write_frames
from benchmarks.engines import peak_megabytes, run

MEASURED_FILE = "measured.json"


@dataclass(frozen=True)
class Settings:
    """What the process is to do."""

    engine: str
    options: dict[str, JsonValue]
    seed: int
    scale: float = 1.0

    def as_json(self) -> str:
        return json.dumps(asdict(self))


@dataclass(frozen=True)
class Took:
    """What an engine took for all tables.

    Attributes:
        rows: That were drawn.
        peak_megabytes: The most memory that the process held: libraries and real rows included.
    """

    rows: int
    fit_seconds: float
    sample_seconds: float
    peak_megabytes: float


def measure(case: Path, out: Path, settings: Settings) -> Took:
    """Learn and draw all tables of a case, and write what was drawn."""
    dataset = read_dataset(
        case / "real",
        case / "schema.json",
        engine=settings.engine,
        options=settings.options,
        scale=settings.scale,
        seed=settings.seed,
    )
    made, measured = run(dataset)
    took = Took(
        rows=sum(m.rows for m in measured),
        fit_seconds=sum(m.fit_seconds for m in measured),
        sample_seconds=sum(m.sample_seconds for m in measured),
        peak_megabytes=peak_megabytes(),
    )
    write_frames(made, out)
    return took


def main() -> None:
    case, out = Path(sys.argv[1]), Path(sys.argv[2])
    started = time.perf_counter()
    took = measure(case, out, Settings(**json.loads(sys.argv[3])))
    (out / MEASURED_FILE).write_text(json.dumps(asdict(took) | {"all_seconds": time.perf_counter() - started}))


if __name__ == "__main__":
    main()
