"""What validation refuses before it judges anything."""

from pathlib import Path

from synth_assets.errors import SynthAssetsError

_NOTHING_JUDGED = "Nothing was judged or published."


class ExpectationsRefused(SynthAssetsError):
    """A file in expectations/ is no suite of Great Expectations.

    Attributes:
        file: The file.
        expectation: Which of its expectations, counted from 1; None for the file as a whole.
    """

    def __init__(self, file: Path, problem: str, *, expectation: int | None = None, next_step: str = "") -> None:
        self.file = file
        self.expectation = expectation
        where = str(file) if expectation is None else f"{file}, expectation {expectation}"
        super().__init__(
            f"{where}: {problem}",
            untouched=_NOTHING_JUDGED,
            next_step=next_step or "Correct the file, and run the step again.",
        )


class RowsMissing(SynthAssetsError):
    """A published table has no synthetic rows to judge.

    Attributes:
        tables: The tables without rows.
    """

    def __init__(self, tables: tuple[str, ...]) -> None:
        self.tables = tables
        super().__init__(
            f"The plan publishes {', '.join(tables)}, of which no synthetic rows were handed over.",
            untouched=_NOTHING_JUDGED,
            next_step="Generate these tables first.",
        )
