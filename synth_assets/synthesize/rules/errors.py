"""What the rules refuse, before any row is generated."""

from synth_assets.errors import SynthAssetsError

_UNTOUCHED = "Nothing was generated."


class ColumnRefused(SynthAssetsError):
    """A column cannot be made as the plan asks.

    Attributes:
        table, column: Where.
    """

    def __init__(self, failed: str, *, table: str, column: str, next_step: str) -> None:
        self.table = table
        self.column = column
        super().__init__(failed, untouched=_UNTOUCHED, next_step=next_step)


class CapacityTooSmall(ColumnRefused):
    """A unique column cannot hold as many different values as it needs.

    Attributes:
        needed: Different values wanted.
        capacity: Different values that are possible, at most.
    """

    def __init__(self, *, table: str, column: str, needed: int, capacity: int, remedy: str = "") -> None:
        self.needed = needed
        self.capacity = capacity
        super().__init__(
            f"{table}.{column} must hold {needed} different values but has room for {capacity} only.",
            table=table,
            column=column,
            next_step=remedy or f"Lower the scale of {table}, or make {column} longer in the source.",
        )


class TypeNotSupported(ColumnRefused):
    """No valid value of the column's type can be made.

    Attributes:
        native: The type as its database spells it.
    """

    def __init__(self, *, table: str, column: str, native: str) -> None:
        self.native = native
        super().__init__(
            f"{table}.{column} has the type {native}, for which no valid values can be made.",
            table=table,
            column=column,
            next_step=f"Give {column} the treatment null or constant in the plan, or exclude {table}.",
        )


class TreatmentDoesNotFit(ColumnRefused):
    """A treatment does not go with the column's type, its options, or its NOT NULL.

    Attributes:
        treatment: The treatment with what is wrong about it.
    """

    def __init__(self, *, table: str, column: str, treatment: str, remedy: str) -> None:
        self.treatment = treatment
        super().__init__(
            f"{table}.{column} cannot have the treatment {treatment}.", table=table, column=column, next_step=remedy
        )
