"""A refresh that ends itself with SIGKILL; run as `python -m tests.refresh.killed ROOT STAGE [TABLE]`."""

import os
import signal
import sys
from pathlib import Path

from synth_assets.refresh import Progress, Refresh
from tests.zoo import zoo_project


def main(root: str, stage: str, table: str | None = None) -> None:
    """Refresh the zoo at `root` until a stage is at work, on that table if one is named."""

    def kill(progress: Progress) -> None:
        if progress.stage == stage and (table is None or (progress.table == table and progress.done)):
            os.kill(os.getpid(), signal.SIGKILL)

    Refresh(zoo_project(Path(root)), "zoo", refresh="killed", progress=kill).run(["staging"])


if __name__ == "__main__":
    main(*sys.argv[1:])
