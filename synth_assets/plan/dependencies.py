"""What must hold between the columns of every row: found in the source, or declared in the plan."""

from typing import Annotated, Literal, TypeAlias

from pydantic import Field

from synth_assets.catalog.model import Value

Operation = Literal[
    "copy",
    "sum",
    "difference",
    "product",
    "quotient",
    "clock",
    "elapsed",
    "elapsed_full",
    "year",
    "month",
    "day",
    "hour",
    "minute",
]
ELAPSED = ("elapsed", "elapsed_full")
ELAPSED_UNITS = {1: "seconds", 60: "minutes", 3_600: "hours", 86_400: "days", 604_800: "weeks"}
JOINING = (10, 60, 100, 1_000)  # what numbers are put together by: hours and minutes, a group's number and its own
A_HUNDREDTH = 0.01  # what one of a column of percentages counts for
SIGNS = {"sum": "+", "difference": "-", "product": "*", "quotient": "/"}
ROUNDED = ("product", "quotient")  # to the column's own decimal places
Every = Literal["month", "week", "day", "hour", "minute", "second"]
SECONDS: dict[Every, int] = {"week": 604_800, "day": 86_400, "hour": 3_600, "minute": 60, "second": 1}
_DAYS = ("Thursday", "Friday", "Saturday", "Sunday", "Monday", "Tuesday", "Wednesday")  # 1970-01-01 was the first


class Term(Value):
    """What a result is changed by: `+ freight`, `* (1 - discount)`, `* (1 + tax / 100)`."""

    operation: Literal["plus", "minus", "less", "more"]
    column: str
    percent: bool = Field(default=False, description="The column holds hundredths, as 19 for 19 %.")

    @property
    def share(self) -> float:
        """What one of the column counts for, as a share."""
        return A_HUNDREDTH if self.percent else 1.0

    @property
    def text(self) -> str:
        column = f"{self.column} / 100" if self.percent else self.column
        texts = {
            "plus": f"+ {column}",
            "minus": f"- {column}",
            "less": f"* (1 - {column})",
            "more": f"* (1 + {column})",
        }
        return texts[self.operation]


class Computed(Value):
    """`total = price * quantity`: other columns of the row give a column exactly."""

    kind: Literal["computed"] = "computed"
    column: str
    operation: Operation
    left: str
    right: str | None = Field(default=None, description="The second column; None where there is none.")
    factor: float | None = Field(default=None, description="A number that the left column is multiplied by.")
    terms: tuple[Term, ...] = Field(default=(), description="What is added or multiplied besides.")
    unit: int = Field(default=1, description="What one of the second column counts for, in the column's unit.")
    zone: str | None = Field(default=None, description="The time zone of a part of a time.")
    scale: int | None = Field(default=None, description="Decimal places of the column; None: not rounded.")
    filled: bool = Field(default=False, description="The column is never NULL.")
    partial: bool = Field(default=False, description="The column may be known where the others are NULL.")

    @property
    def columns(self) -> tuple[str, ...]:
        return (self.column, *self.inputs)

    @property
    def inputs(self) -> tuple[str, ...]:
        """What the column is computed from."""
        first = (self.left,) if self.right is None else (self.left, self.right)
        return (*first, *(term.column for term in self.terms))

    @property
    def text(self) -> str:
        return " ".join((self._first, *(term.text for term in self.terms)))

    @property
    def _first(self) -> str:
        if self.operation == "copy":
            return f"{self.column} = {self.left}"
        if self.operation == "product" and self.right is None:
            return f"{self.column} = {self.left}" + ("" if self.factor is None else f" * {self.factor:g}")
        if self.right is None:
            return f"{self.column} = {self.operation}({self.left}{f', {self.zone}' if self.zone else ''})"
        if self.operation == "clock":
            return f"{self.column} = {self.left} + {self.right} minutes"
        if self.operation in ELAPSED:
            full = "full " if self.operation == "elapsed_full" else ""
            return f"{self.column} = {full}{ELAPSED_UNITS[self.unit]} from {self.right} to {self.left}"
        if self.operation == "sum" and self.unit in JOINING:
            return f"{self.column} = {self.left} + {self.unit} * {self.right}"
        if self.operation == "quotient":
            factor = "" if self.factor is None else f" * {self.factor:g}"
            return f"{self.column} = {self.left} / {self.right}{factor}"
        percent = " / 100" if self.factor == A_HUNDREDTH else ""
        return f"{self.column} = {self.left} {SIGNS[self.operation]} {self.right}{percent}"


class Total(Value):
    """`total = sum(order_lines.amount)`: a column adds up, or counts, the rows that refer to its row."""

    kind: Literal["total"] = "total"
    column: str
    child: str = Field(description="The table whose rows are added up.")
    key: tuple[str, ...] = Field(default=(), description="The child's columns that refer to the row.")
    left: str | None = Field(default=None, description="What is added up; None: rows are counted.")
    right: str | None = Field(default=None, description="What `left` is multiplied by.")
    terms: tuple[Term, ...] = Field(default=(), description="What each row's part is multiplied by besides.")
    without: float | None = Field(default=0.0, description="The value of a row without children; None: NULL.")
    scale: int | None = Field(default=None, description="Decimal places of the column; None: not rounded.")

    @property
    def columns(self) -> tuple[str, ...]:
        return (self.column,)

    @property
    def added_up(self) -> tuple[str, ...]:
        """The child's columns."""
        first = tuple(name for name in (self.left, self.right) if name is not None)
        return (*first, *(term.column for term in self.terms))

    @property
    def factors(self) -> int:
        """Factors of the product that is added up, beyond one."""
        return max(len(self.added_up) - 1, 0)

    @property
    def text(self) -> str:
        if self.left is None:
            return f"{self.column} = count({self.child})"
        named = [term.model_copy(update={"column": f"{self.child}.{term.column}"}) for term in self.terms]
        product = " * ".join(f"{self.child}.{name}" for name in (self.left, self.right) if name is not None)
        return f"{self.column} = sum({' '.join((product, *(term.text for term in named)))})"


class NotAbove(Value):
    """`min_price <= list_price`, wherever both are known."""

    kind: Literal["not_above"] = "not_above"
    lower: str
    upper: str

    @property
    def columns(self) -> tuple[str, ...]:
        return (self.lower, self.upper)

    @property
    def text(self) -> str:
        return f"{self.lower} <= {self.upper}"


class Determined(Value):
    """`city -> country`: rows that share the first columns share the last one."""

    kind: Literal["determined"] = "determined"
    by: tuple[str, ...] = Field(min_length=1)
    column: str

    @property
    def columns(self) -> tuple[str, ...]:
        return (*self.by, self.column)

    @property
    def text(self) -> str:
        return f"{', '.join(self.by)} -> {self.column}"


class OneOf(Value):
    """Of these yes-or-no columns one is set (or at most one)."""

    kind: Literal["one_of"] = "one_of"
    columns: tuple[str, ...] = Field(min_length=2)
    always: bool = Field(default=True, description="One is set in every row; False: at most one is.")

    @property
    def text(self) -> str:
        return f"{'one' if self.always else 'at most one'} of {', '.join(self.columns)} is set"


class Combination(Value):
    """These columns occur in the combinations only that many rows of the source share."""

    kind: Literal["combination"] = "combination"
    columns: tuple[str, ...] = Field(min_length=2)

    @property
    def text(self) -> str:
        return f"only known combinations of {', '.join(self.columns)}"


class NullTogether(Value):
    """Where one of these columns is NULL, all are."""

    kind: Literal["null_together"] = "null_together"
    columns: tuple[str, ...] = Field(min_length=2)

    @property
    def text(self) -> str:
        return f"{', '.join(self.columns)} are NULL together"


class NullBy(Value):
    """`status -> shipped_at IS NULL`: a column is NULL, or is not, in all rows that share another one."""

    kind: Literal["null_by"] = "null_by"
    by: str
    column: str

    @property
    def columns(self) -> tuple[str, ...]:
        return (self.by, self.column)

    @property
    def text(self) -> str:
        return f"{self.by} -> {self.column} IS NULL"


class OnGrid(Value):
    """`billed_on is the first of a month`: a time has points of a grid only, wherever it is known."""

    kind: Literal["on_grid"] = "on_grid"
    column: str
    every: Every
    count: int = Field(default=1, description="Of how many of these: 15 for a quarter of an hour.")
    offset: int = Field(default=0, description="Where it begins: months, or else seconds, after 1970-01-01.")
    day: int = Field(default=1, description="Day of a month; 0: the last one.")

    @property
    def columns(self) -> tuple[str, ...]:
        return (self.column,)

    @property
    def text(self) -> str:
        return f"{self.column} is {self._where}"

    @property
    def _where(self) -> str:
        if self.every == "month":
            day = {0: "the last", 1: "the first"}.get(self.day, f"day {self.day}")
            return f"{day} of a month" if self.count == 1 else f"{day} of every {self.count} months"
        days, seconds = divmod(self.offset, SECONDS["day"])
        clock = f"{seconds // 3_600:02d}:{seconds // 60 % 60:02d}:{seconds % 60:02d}"
        if self.every == "week":
            return f"a {_DAYS[days]}" + (f", at {clock}" if seconds else "")
        if self.every == "day":
            return f"at {clock}" if seconds else "at midnight"
        every = f"full {self.every}s" if self.count == 1 else f"full {self.count} {self.every}s"
        return f"at {every}" + (f" and {clock}" if seconds else "")


Dependency: TypeAlias = Annotated[
    Computed | Total | NotAbove | Determined | OneOf | Combination | NullTogether | NullBy | OnGrid,
    Field(discriminator="kind"),
]
