"""How strictly each kind of fake keeps away from the source's values, and how it is made unique."""

from dataclasses import dataclass
from enum import Enum

import polars as pl

from synth_assets.plan.fake_kinds import FAKE_KINDS
from synth_assets.plan.resolved import ColumnDecision
from synth_assets.synthesize.rules.people import mail_domains
from synth_assets.synthesize.rules.pools import DEFAULT_LOCALE, known_locale, pools
from synth_assets.synthesize.rules.random_text import DIGITS, HEXADECIMAL, LOWER, UPPER
from synth_assets.synthesize.rules.seen import SeenValues
from synth_assets.synthesize.rules.settle import Extend, Rule
from synth_assets.synthesize.rules.target import Target
from synth_assets.synthesize.rules.texts import TextModel


class Distance(Enum):
    """How a kind keeps away from the source's values."""

    STRICT = "strict"  # no value of the source comes out
    PREFER = "prefer"  # another value is drawn where there is one
    NONE = "none"  # so few values exist that it means nothing


_STRICT = frozenset(
    [
        "email",
        "user_name",
        "full_name",
        "street_address",
        "address",
        "phone",
        "national_id",
        "passport_number",
        "driver_license",
        "tax_id",
        "license_plate",
        "iban",
        "bank_account",
        "credit_card_number",
        "ip_address",
        "ipv6_address",
        "mac_address",
        "url",
        "password",
        "token",
        "hash",
        "slug",
        "title",
        "sentence",
        "paragraph",
        "file_name",
        "file_path",
        "ean",
        "isbn",
    ]
)
_PREFER = frozenset(["postcode", "company", "job", "user_agent", "domain", "bic", "secondary_address"])

# Kinds drawn from a pool, of which those values are preferred that the source does not hold.
POOLED = frozenset(["first_name", "middle_name", "last_name", "street_name", "city", "state", "country"])

# Kinds whose values would be wrong with a suffix: they are only drawn anew.
_SEALED = frozenset(
    [
        "iban",
        "credit_card_number",
        "ean",
        "isbn",
        "uuid",
        "ip_address",
        "ipv6_address",
        "mac_address",
        "hex_color",
        "credit_card_expiry",
    ]
)
_SUFFIX_IN_FRONT = frozenset(["domain", "file_name"])
_NEARLY_ALL = 0.95
_PROSE = frozenset(["paragraph"])
_NAMES = frozenset(
    ["first_name", "middle_name", "last_name", "full_name", "city", "street_name", "state", "country", "company", "job"]
)

# Random characters, as many and of such letters as the source's, such as 40 of 0-9a-f.
_CHARACTERS_LIKE_SOURCE = frozenset(["hash", "token", "password"])

# Kinds whose look is the source's where enough rows share it, such as "(999) 999-9999".
_LOOK_LIKE_SOURCE = frozenset(
    ["phone", "postcode", "national_id", "passport_number", "driver_license", "tax_id", "license_plate", "bank_account"]
)


@dataclass(frozen=True)
class FakeColumn:
    """One column of fakes."""

    target: Target
    kind: str
    locale: str

    @property
    def group(self) -> str:
        return FAKE_KINDS[self.kind].group

    @property
    def distance(self) -> Distance:
        if self.kind in _STRICT:
            return Distance.STRICT
        return Distance.PREFER if self.kind in _PREFER else Distance.NONE

    def rule(self, seen: SeenValues | None) -> Rule:
        avoided = seen if self.distance is not Distance.NONE else None
        target = self.target
        if target.is_numeric:
            return numeric_rule(target, avoided)
        room = target.length
        if self.kind == "email" and room is not None:
            room -= max(len(domain) + 1 for domain in mail_domains(room))
        alphabet = LOWER if self.kind in _NAMES else DIGITS
        if room is not None and len(alphabet) ** room < 10**6:
            alphabet = DIGITS + LOWER
        return Rule(
            table=target.table,
            column=target.column,
            seen=avoided,
            unique=target.unique,
            extend=self._extend(),
            suffix_room=room,
            suffix_alphabet=alphabet,
            stem="@" + mail_domains(target.length)[0] if self.kind == "email" else "",
            best_effort=self.distance is Distance.PREFER,
        )

    def _extend(self) -> Extend | None:
        if self.kind in _SEALED:
            return None
        if self.kind == "email":
            return _extend_email(self.target.length)
        return extend_text(self.target.length, in_front=self.kind in _SUFFIX_IN_FRONT)


def numeric_rule(target: Target, seen: SeenValues | None) -> Rule:
    """The rule of texts of digits that become numbers."""
    return Rule(
        table=target.table,
        column=target.column,
        seen=seen,
        unique=target.unique,
        extend=lambda values, suffixes: target.fit(extend_text(target.most_digits)(values, suffixes)),
        suffix_room=target.most_digits,
        suffix_alphabet=DIGITS,
    )


def extend_text(length: int | None, *, in_front: bool = False) -> Extend:
    """Suffixes at the end, or in front, of a text that stays within `length` characters."""

    def extend(values: pl.Series, suffixes: pl.Series) -> pl.Series:
        frame = pl.DataFrame({"value": values, "suffix": suffixes})
        value, suffix = pl.col("value"), pl.col("suffix")
        if length is not None:
            room = (length - suffix.str.len_chars().cast(pl.Int64)).clip(0)
            value = value.str.head(room)
        parts = (suffix, value) if in_front else (value, suffix)
        return frame.select(pl.concat_str(*parts).alias("value"))["value"]

    return extend


def _extend_email(length: int | None) -> Extend:
    def extend(values: pl.Series, suffixes: pl.Series) -> pl.Series:
        parts = values.str.split_exact("@", 1).struct.unnest()
        domain = "@" + parts["field_1"]
        local = parts["field_0"]
        if length is None:
            return local + suffixes + domain
        room = length - domain.str.len_chars().cast(pl.Int64) - suffixes.str.len_chars().cast(pl.Int64)
        frame = pl.DataFrame({"local": local, "room": room.clip(0), "suffix": suffixes, "domain": domain})
        whole = pl.concat_str(pl.col("local").str.head(pl.col("room")), "suffix", "domain")
        return frame.select(whole.alias("value"))["value"]

    return extend


def suffix_alphabet(values: pl.Series) -> str:
    """What a suffix must be written in to look like the column: its digits, with its small or capital letters."""
    texts = values.cast(pl.String).drop_nulls() if values.dtype != pl.Binary else pl.Series([], dtype=pl.String)
    if len(texts) and texts.str.contains("^[0-9a-f]+$").all():
        return HEXADECIMAL if texts.str.contains("[a-f]").any() else DIGITS
    if texts.str.contains("[a-z]").any() or not len(texts):
        return DIGITS + LOWER
    return DIGITS + UPPER if texts.str.contains("[A-Z]").any() else DIGITS


def look_of(decision: ColumnDecision, values: pl.Series, min_group: int) -> TextModel | None:
    """What the source's values look like, for kinds of fakes that take that on; None for others, or if unknown."""
    kind = decision.options.get("kind")
    if kind in _PROSE and values.dtype == pl.String and values.null_count() < len(values):
        return TextModel.fit(values, min_group=min_group)
    if kind == "postcode" and _is_written_as_in(values, str(decision.options.get("locale") or DEFAULT_LOCALE)):
        return None  # so that postcodes agree with the cities of their rows
    if kind in _CHARACTERS_LIKE_SOURCE and values.dtype == pl.String:
        return TextModel.look_of(values, min_group=min_group, any_character=True)
    return TextModel.look_of(values, min_group=min_group) if kind in _LOOK_LIKE_SOURCE else None


def _is_written_as_in(postcodes: pl.Series, locale: str) -> bool:
    """Whether nearly all postcodes have a form of the locale's."""
    if postcodes.dtype != pl.String or not known_locale(locale):
        return False
    forms = {pattern.replace("1", "9").replace("a", "A") for pattern in pools(locale).postcode_patterns}
    written = postcodes.drop_nulls().str.replace_all(r"[0-9]", "9").str.replace_all(r"[A-Za-z]", "A")
    return bool(len(written)) and float(written.is_in(list(forms)).mean() or 0.0) >= _NEARLY_ALL  # type: ignore[arg-type]
