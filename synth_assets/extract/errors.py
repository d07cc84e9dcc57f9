"""What can go wrong while a source is read. No message holds a row's value."""

from collections.abc import Sequence

from synth_assets.errors import SynthAssetsError

NOTHING_CHANGED = "The source was only read, no snapshot was kept, and no target was changed."


class SourceUnreadable(SynthAssetsError):
    """The source answered, but reading it failed.

    Attributes:
        location: The database as a url without password and query.
        table: The table that was being read; None outside of any.
        reason: Cleaned of anything that could be a row's value.
    """

    def __init__(self, location: str, *, table: str | None = None, reason: str, next_step: str = "") -> None:
        self.location = location
        self.table = table
        self.reason = reason
        what = f"Table {table!r} of {location}" if table else location
        super().__init__(
            f"{what} could not be read: {reason}.",
            untouched=NOTHING_CHANGED,
            next_step=next_step or "Check that the source is up and that its user may read every chosen table.",
        )


class SourceChanged(SynthAssetsError):
    """A table is no longer what the catalog says."""

    def __init__(self, table: str, change: str) -> None:
        self.table = table
        self.change = change
        super().__init__(
            f"Table {table!r} changed after its catalog was read: {change}.",
            untouched=NOTHING_CHANGED,
            next_step="Run the refresh again; it reads the catalog anew.",
        )


class ChangedWhileRead(SynthAssetsError):
    """Rows changed while a source was read that cannot show all of its tables as of one instant."""

    def __init__(self, location: str, table: str) -> None:
        self.table = table
        super().__init__(
            f"Rows of table {table!r} changed while {location} was read, and its dialect cannot show several tables "
            "as of one instant.",
            untouched=NOTHING_CHANGED,
            next_step="Run the refresh again when nobody writes to the source, or read a copy of it that stands still.",
        )


class EmptySource(SynthAssetsError):
    """Every chosen table has no rows: more likely a wrong database than a dataset."""

    def __init__(self, location: str, tables: Sequence[str]) -> None:
        self.location = location
        self.tables = tuple(tables)
        super().__init__(
            f"All {len(tables)} chosen tables of {location} are empty.",
            untouched=NOTHING_CHANGED,
            next_step="Check that the url names the right database and schema, and that its user sees the rows.",
        )


class ValueUnreadable(SynthAssetsError):
    """A value cannot be taken over exactly."""

    def __init__(self, table: str, column: str, reason: str) -> None:
        self.table = table
        self.column = column
        self.reason = reason
        super().__init__(
            f"Column {column!r} of table {table!r} holds a value that cannot be read exactly: {reason}.",
            untouched=NOTHING_CHANGED,
            next_step="Correct the value in the source, or leave the table out of the dataset: mode: exclude.",
        )
