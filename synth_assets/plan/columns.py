"""What a plan may say of one column, in every form that YAML offers for it."""

from collections.abc import Mapping
from typing import Annotated, Literal, Self, TypeAlias

from pydantic import BeforeValidator, ConfigDict, Field, JsonValue, model_validator

from synth_assets.catalog.model import Value
from synth_assets.plan.fake_kinds import FAKE_KINDS
from synth_assets.plan.resolved import Treatment
from synth_assets.plan.short_forms import TEXT_OR_YES, YES, Short, unless_template

_WITH_A_VALUE = (Treatment.CONSTANT, Treatment.DERIVE)
Flag: TypeAlias = Literal[True]
# A column may be one word, and YAML's null is the treatment of that name.
_WORDS = [word.value for word in Treatment if word not in _WITH_A_VALUE]
WORD = Short({"type": ["null", "string"]}, known={"if": {"type": "null"}, "else": unless_template({"enum": _WORDS})})

_KIND = Short(TEXT_OR_YES.schema, known=unless_template({"enum": [True, *FAKE_KINDS]}))


def _options_of_kind(value: object) -> object:
    return {"kind": value} if isinstance(value, str) else _options(value)


def _options(value: object) -> object:
    return {} if value is True else value


class FakeOptions(Value):
    """`fake: email`, `fake: {kind: phone, locale: de_DE}`, or `fake: {same_as: customers.email}`."""

    kind: str | None = Field(default=None, description="A kind of personal data; None: the one recognised.")
    locale: str | None = Field(
        default=None, pattern=r"^[a-z]{2,3}(_[A-Z]{2})?$", description="Language and country, such as de_DE."
    )
    same_as: str | None = Field(
        default=None,
        pattern=r"^.+\.[^.]+$",
        description="A faked column of a table that the row refers to, such as customers.email: its fake is repeated.",
    )
    by: str | None = Field(
        default=None, description="With same_as, a column of the foreign key, where several refer to the table."
    )
    consistent: Flag | str | None = Field(
        default=None,
        description="Of a partial table: the same real value has the same fake in every table and refresh; or the "
        "column whose real value says who it is, such as customer_id.",
    )

    @model_validator(mode="after")
    def _one_origin(self) -> Self:
        others = [name for name in ("kind", "locale", "consistent") if getattr(self, name) is not None]
        if self.same_as is not None and others:
            raise ValueError(f"`same_as` repeats a fake as it is; take {' and '.join(others)} out")
        if self.by is not None and self.same_as is None:
            raise ValueError("`by` goes with `same_as`, such as {same_as: customers.email, by: sender_id}")
        return self


class PseudonymizeOptions(Value):
    """`pseudonymize`, or `pseudonymize: {format: "####-####"}`."""

    format: str | None = Field(
        default=None,
        min_length=1,
        description="# a digit, % a digit but 0, ? a capital letter, * both, all else as it stands; None: its own.",
    )


class MaskOptions(Value):
    """`mask`, or `mask: {keep_last: 4}`: all other characters are covered."""

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)

    keep_first: int = Field(default=0, ge=0, description="Characters left readable at the start.")
    keep_last: int = Field(default=0, ge=0, description="Characters left readable at the end.")
    cover: str = Field(default="*", alias="with", min_length=1, max_length=1, description="What covers the others.")


class ColumnSettings(Value):
    """The plan for one column: at most one treatment; none is the safe treatment of the column."""

    learn: Flag | None = Field(default=None, description="Learn its distribution.")
    fake: Annotated[FakeOptions | None, BeforeValidator(_options_of_kind), _KIND] = Field(
        default=None, description="Invented values of a kind of personal data."
    )
    pseudonymize: Annotated[PseudonymizeOptions | None, BeforeValidator(_options), YES] = Field(
        default=None, description="The same other value for the same value, in the format given or its own."
    )
    mask: Annotated[MaskOptions | None, BeforeValidator(_options), YES] = Field(
        default=None, description="Its characters covered, but for those named."
    )
    keep: Flag | None = Field(default=None, description="Real values, let through; needs `because`.")
    null: Flag | None = Field(default=None, description="Always NULL.")
    constant: JsonValue = Field(default=None, description="Always this value.")
    derive: str | None = Field(
        default=None, min_length=1, description="Computed from other columns of the row: a SQL expression over them."
    )
    paths: dict[str, Annotated["ColumnSettings", WORD]] | None = Field(
        default=None,
        alias="json",
        min_length=1,
        description="Of JSON documents: treatments by path, such as {$.customer.email: {fake: email}}.",
    )
    unique: bool | None = Field(default=None, description="No two rows may share a value.")
    bounds: tuple[int | float | str, int | float | str] | None = Field(
        default=None, description="Of a private table: the lowest and the highest value, times as text."
    )
    labels: tuple[int | str, ...] | None = Field(
        default=None, min_length=1, description="Of a private table: all values that may come out."
    )
    step: float | None = Field(
        default=None, gt=0, description="Of a private table: the distance of two values within the bounds."
    )
    because: str | None = Field(default=None, min_length=1, description="Why real values may be let through.")

    @model_validator(mode="before")
    @classmethod
    def _from_short_form(cls, value: object) -> object:
        """A bare word is a treatment without options, and YAML's null is the treatment of that name."""
        if value is None:
            return {Treatment.NULL.value: True}
        if isinstance(value, str):
            if value not in set(Treatment):
                raise ValueError(f"unknown treatment {value!r}|{'|'.join(Treatment)}")
            if value == Treatment.CONSTANT:
                raise ValueError("`constant` needs its value, such as {constant: 0}")
            if value == Treatment.DERIVE:
                raise ValueError("`derive` needs its expression, such as {derive: \"first_name || ' ' || last_name\"}")
            return {value: True}
        if not isinstance(value, Mapping):
            raise ValueError("a column is a treatment, such as learn, or a mapping, such as {fake: email}")  # noqa: TRY004
        return value

    @model_validator(mode="after")
    def _one_treatment(self) -> Self:
        named = self._named_treatments
        words = [*named, *(["json"] if self.paths is not None else [])]
        if len(words) > 1:
            raise ValueError(f"{' and '.join(words)} cannot both be the treatment of one column; leave one")
        if Treatment.CONSTANT in named and self.constant is None:
            raise ValueError("`constant: null` is the treatment `null`; write that")
        if Treatment.DERIVE in named and self.derive is None:
            raise ValueError("`derive` needs its expression; an empty column is the treatment `null`")
        if self.labels is not None and self.bounds is not None:
            raise ValueError("`labels` and `bounds` cannot both be the domain of one column; leave one")
        if self.step is not None and self.bounds is None:
            raise ValueError("`step` goes with `bounds`, such as {bounds: [0, 1], step: 0.01}")
        return self

    @property
    def _named_treatments(self) -> list[Treatment]:
        return [treatment for treatment in Treatment if treatment.value in self.model_fields_set]

    @property
    def names_domain(self) -> bool:
        """Whether the plan says which values the column may take."""
        return self.labels is not None or self.bounds is not None

    @property
    def treatment(self) -> Treatment | None:
        """The treatment named by the plan; None leaves it to the safe one."""
        named = self._named_treatments
        return named[0] if named else Treatment.LEARN if self.paths is not None else None

    @property
    def options(self) -> dict[str, JsonValue]:
        """The options of the treatment, as ColumnDecision holds them."""
        match self.treatment:
            case Treatment.FAKE if self.fake:
                return self.fake.model_dump(exclude_none=True)
            case Treatment.PSEUDONYMIZE if self.pseudonymize:
                return self.pseudonymize.model_dump(exclude_none=True)
            case Treatment.MASK if self.mask:
                return self.mask.model_dump(by_alias=True)
            case Treatment.CONSTANT:
                return {"value": self.constant}
            case Treatment.DERIVE:
                return {"expression": self.derive}
            case _:
                return {}
