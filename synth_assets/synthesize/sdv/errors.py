"""What SDV's engines refuse or cannot do."""

from collections.abc import Sequence

from synth_assets.errors import SynthAssetsError


class OptionRefused(SynthAssetsError):
    """A plan gives an engine an option that it does not have, or a value that the option cannot take."""

    def __init__(self, engine: str, option: str, problem: str, *, table: str | None = None) -> None:
        self.engine = engine
        self.option = option
        self.table = table
        place = f"tables.{table}.synthesizer.options" if table else "the synthesizer's options"
        super().__init__(
            f"The synthesizer {engine}: the option {option!r} {problem}.",
            untouched="Nothing was read or written.",
            next_step=f"Correct it in {place}.",
        )


class EngineFailed(SynthAssetsError):
    """SDV gave up. Its own message is left out, since it may quote rows."""

    def __init__(self, engine: str, table: str, doing: str, cause: str) -> None:
        self.engine = engine
        self.table = table
        self.cause = cause
        super().__init__(
            f"The synthesizer {engine} failed while {doing} the table {table!r} ({cause}).",
            untouched="No target was touched.",
            next_step=f"Change its options, or take `synthesizer: trees` for tables.{table}.",
        )


class GivenNotMet(SynthAssetsError):
    """An engine that can only try and reject did not draw enough rows with the given values."""

    def __init__(self, engine: str, table: str, columns: Sequence[str], missing: int, wanted: int) -> None:
        self.engine = engine
        self.table = table
        self.columns = tuple(columns)
        self.missing = missing
        self.wanted = wanted
        super().__init__(
            f"The synthesizer {engine} drew no rows of the table {table!r} with the given values of "
            f"{', '.join(columns)} for {missing} of {wanted} rows.",
            untouched="No target was touched.",
            next_step="Take `synthesizer: trees` or `gaussian_copula`, which draw with given values directly.",
        )


class EngineRefused(SynthAssetsError):
    """A plan names an engine for what it cannot learn."""

    def __init__(self, engine: str, reasons: Sequence[str]) -> None:
        self.engine = engine
        self.reasons = tuple(reasons)
        super().__init__(
            f"The synthesizer {engine} cannot be used here: {'; '.join(reasons)}.",
            untouched="No row was read, and no target was touched.",
            next_step="Take `synthesizer: trees`, which has none of these limits.",
        )
