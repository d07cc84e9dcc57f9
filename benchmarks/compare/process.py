"""Run one engine on one case in a process of its own, for no longer than one would wait."""

import json
import os
import signal
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from benchmarks.compare.engines import Engine
from benchmarks.compare.worker import MEASURED_FILE, REFUSED_FILE, Settings, Took

LOG_FILE = "log.txt"


@dataclass(frozen=True)
class Finished:
    """What became of a run: what it took, or why there is nothing; `too_long` if it was stopped at its limit."""

    took: Took | None
    why: str = ""
    too_long: bool = False


def run_engine(case: Path, out: Path, engine: Engine, *, seed: int, scale: float, limit: float) -> Finished:
    """Learn and draw a case's tables, for at most `limit` seconds in all.

    Args:
        case: Folder of the real rows and their schema.
        out: Folder for the synthetic rows and what the process prints.
    """
    out.mkdir(parents=True, exist_ok=True)
    settings = Settings(engine=engine.name, options=engine.options, seed=seed, scale=scale, plain=engine.plain)
    command = [sys.executable, "-m", "benchmarks.compare.worker", str(case), str(out), settings.as_json()]
    with (out / LOG_FILE).open("w") as log:
        # A session of its own, so that whatever processes the engine starts end with it.
        process = subprocess.Popen(command, stdout=log, stderr=subprocess.STDOUT, start_new_session=True)
        try:
            process.wait(timeout=limit)
        except subprocess.TimeoutExpired:
            return Finished(None, f"> {limit:.0f} s", too_long=True)
        finally:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()
    if (out / REFUSED_FILE).is_file():
        return Finished(None, f"cannot: {(out / REFUSED_FILE).read_text()}")
    if process.returncode or not (out / MEASURED_FILE).is_file():
        return Finished(None, f"failed: {_last_line(out / LOG_FILE)}")
    return Finished(Took(**json.loads((out / MEASURED_FILE).read_text())))


def _last_line(log: Path) -> str:
    lines = [line.strip() for line in log.read_text(errors="replace").splitlines() if line.strip()]
    return lines[-1] if lines else "the process ended without a word"
