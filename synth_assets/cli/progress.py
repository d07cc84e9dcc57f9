"""How far a refresh is: a line a stage."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from rich.console import Console, RenderableType
from rich.progress import BarColumn, SpinnerColumn, Task, TaskID, TextColumn, TimeElapsedColumn
from rich.progress import Progress as Bars
from rich.text import Text

if TYPE_CHECKING:
    from synth_assets.refresh import Progress

STAGES = {
    "snapshot": "read",
    "profile": "profile",
    "synthesizer": "learn",
    "synthetic": "generate",
    "verdict": "check",
    "expectations": "check",
    "comparison": "check",
    "report": "check",  # written whether the checks passed or not; it is the checks that fail
    "publication": "publish",
    "loading": "publish",
}


class Mark(SpinnerColumn):
    """A spinner, then whether it went well."""

    def __init__(self) -> None:
        super().__init__(finished_text="[green]✓[/]")

    def render(self, task: Task) -> RenderableType:
        return Text("✗", style="red") if task.fields["failed"] else super().render(task)


class StageLines:
    """One line a stage, added when the stage begins and full when the next one does."""

    def __init__(self, bars: Bars) -> None:
        self.bars = bars
        self.stage: str | None = None
        self.line: TaskID | None = None

    def __call__(self, progress: "Progress") -> None:
        stage = STAGES.get(progress.stage, progress.stage)
        if stage != self.stage or self.line is None:
            self.finish()
            self.stage = stage
            self.line = self.bars.add_task(f"{stage:9}", total=None, now="", failed=False)
        now = progress.table or ""
        if progress.total:
            self.bars.update(self.line, completed=progress.done, total=progress.total, now=now)
        else:
            self.bars.update(self.line, now=f"{now} {progress.done:,} rows" if progress.done else now)

    def fail(self) -> None:
        """The stage at work failed."""
        if self.line is not None:
            self.bars.update(self.line, failed=True, now="")
            self.bars.stop_task(self.line)

    def finish(self) -> None:
        """The last stage is done."""
        if self.line is not None:
            self.bars.update(self.line, completed=1, total=1, now="")
            self.bars.stop_task(self.line)


@contextmanager
def shown_progress(console: Console) -> Iterator[Callable[["Progress"], None]]:
    """Shows progress while the block runs; the lines stay with the seconds of each stage."""
    bars = Bars(
        Mark(),
        TextColumn("{task.description}"),
        BarColumn(bar_width=24),
        TimeElapsedColumn(),
        TextColumn("[dim]{task.fields[now]}[/]", markup=True),
        console=console,
    )
    with bars:
        lines = StageLines(bars)
        try:
            yield lines
        except BaseException:
            lines.fail()
            raise
        lines.finish()
