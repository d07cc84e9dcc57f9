"""What kind of personal data the values of a column are: patterns, check digits and known words over a sample."""

from collections.abc import Callable
from dataclasses import dataclass

import polars as pl

from synth_assets.plan.personal import PERSONAL_KINDS, PersonalFinding
from synth_assets.plan.personal_content.addresses import (
    are_coordinates,
    are_postcodes,
    are_street_addresses,
    are_whole_addresses,
)
from synth_assets.plan.personal_content.free_text import held_in
from synth_assets.plan.personal_content.numbers import are_cards, are_ibans, are_national_ids
from synth_assets.plan.personal_content.people import (
    are_a_few_first_names,
    are_a_few_logins,
    are_a_few_people,
    are_full_names,
    are_logins,
    are_single_names,
    mostly_first_names,
)
from synth_assets.plan.personal_content.phones import are_phones
from synth_assets.plan.personal_content.secrets import are_hashes, are_password_hashes, are_tokens

LEAST_SHARE = 0.2  # of filled values, below which nothing is said
LEAST_DISTINCT_NAMES = 10
_ENOUGH_DISTINCT_NAMES = 20
MOST_VALUES = 10_000
_MOST_DISTINCT = 400  # of which are looked at closely where a pattern is slow
_FREE_TEXT = 0.9
_OF_A_FEW = 0.7  # how sure it is that a few names are people's

_IPV4 = (
    r"^(?:(?:25[0-5]|2[0-4][0-9]|1?[0-9]?[0-9])\.){3}(?:25[0-5]|2[0-4][0-9]|1?[0-9]?[0-9])(?:/[0-9]{1,2}|:[0-9]{1,5})?$"
)
_IPV6 = (
    r"^(?:(?:(?i:[0-9a-f]{1,4}):){7}(?i:[0-9a-f]{1,4})"
    r"|(?:(?i:[0-9a-f]{1,4}):){0,6}(?i:[0-9a-f]{0,4})::(?i:[0-9a-f:]{0,34}))(?:/\d{1,3})?$"
)
_MAC = r"^(?:(?i:[0-9a-f]{2}[:\-]){5}(?i:[0-9a-f]{2})|(?i:[0-9a-f]{4}\.){2}(?i:[0-9a-f]{4}))$"


def _matches(pattern: str) -> Callable[[pl.Series], pl.Series]:
    return lambda values: values.str.contains(pattern)


@dataclass(frozen=True)
class ContentPattern:
    """How values of one kind are told.

    Attributes:
        threshold: Share of the values from which on the column is of this kind.
        words: Values are words that other lists hold, too, such as April and Rose: there must be many different ones.
        slow: Looked for in a few hundred different values only.
    """

    kind: str
    is_match: Callable[[pl.Series], pl.Series]
    threshold: float = 0.6
    words: bool = False
    slow: bool = False


CONTENT_PATTERNS: tuple[ContentPattern, ...] = (
    ContentPattern(
        "email", _matches(r"^(?i:mailto:)?[^@\s<>]+@[^@\s<>]+\.[\p{L}]{2,}$|<[^@\s<>]+@[^@\s<>]+\.\p{L}{2,}>$")
    ),
    ContentPattern("url", _matches(r"^(?i:https?|ftp)://\S+$|^(?i:www)\.\S+\.\S{2,}$")),
    ContentPattern("iban", are_ibans),
    ContentPattern("credit_card_number", are_cards),
    ContentPattern("ip_address", _matches(_IPV4), threshold=0.8),
    ContentPattern("mac_address", _matches(_MAC)),
    ContentPattern("ipv6_address", _matches(_IPV6), threshold=0.8),
    ContentPattern("uuid", _matches(r"^\{?(?i:[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12})\}?$")),
    ContentPattern("password", are_password_hashes),
    ContentPattern("hash", are_hashes, threshold=0.8),
    ContentPattern("token", are_tokens, threshold=0.7, slow=True),
    ContentPattern("user_agent", _matches(r"^Mozilla/\d|^[A-Za-z]+/[\d.]+ \(")),
    ContentPattern("coordinates", are_coordinates, threshold=0.8),
    ContentPattern("national_id", are_national_ids, threshold=0.85, slow=True),
    ContentPattern("phone", are_phones, slow=True),
    ContentPattern("postcode", are_postcodes, threshold=0.8),
    ContentPattern("street_address", are_street_addresses, slow=True),
    ContentPattern("full_name", are_full_names, threshold=0.85, words=True, slow=True),
    ContentPattern("first_name", are_single_names, threshold=0.7, words=True, slow=True),
    ContentPattern("user_name", are_logins, threshold=0.8, words=True, slow=True),
)


def classify_content(
    values: pl.Series, *, kinds: frozenset[str] | None = None, of_people: bool = False
) -> PersonalFinding | None:
    """What kind of personal data a sample of a column's values is; None if none of a fifth of them or more.

    Args:
        values: Texts or whole numbers, nulls and blanks included. At most MOST_VALUES of them are looked at, evenly
            spaced.
        kinds: Those that are looked for; None for all, and for texts that hold personal data among other words.
        of_people: The column is called as people are (agent, doctor, signed by): a few names are enough.

    Returns:
        The first of CONTENT_PATTERNS, which come from the telling to the vague, that enough values match; otherwise
        the one that most match. Its confidence is the share that does, halved where it is below the
        kind's threshold, so that half and more means: the column is of this kind; less: some of its values are. Texts
        of which some hold personal data among other words are a `paragraph`.
    """
    filled = values.cast(pl.String).str.strip_chars().drop_nulls()
    filled = filled.filter(filled != "")
    filled = filled.gather_every(max(1, -(-len(filled) // MOST_VALUES)))
    if not len(filled):
        return None
    few = filled.unique(maintain_order=True)
    few = few.gather_every(max(1, -(-len(few) // _MOST_DISTINCT)))
    some: PersonalFinding | None = None
    for pattern in CONTENT_PATTERNS:
        if kinds is not None and pattern.kind not in kinds:
            continue
        looked_at = few if pattern.slow else filled
        matching = pattern.is_match(looked_at)
        share = float(matching.mean() or 0.0)  # type: ignore[arg-type]
        found = looked_at.filter(matching)
        if share < LEAST_SHARE:
            continue
        if pattern.words and not _are_many(found, filled):
            if share >= pattern.threshold and _are_a_few(pattern.kind, few, of_people=of_people):
                label = PERSONAL_KINDS[pattern.kind].label
                return PersonalFinding(pattern.kind, min(share, _OF_A_FEW), f"its few values look like {label}")
            continue
        kind = _closer(pattern.kind, found)
        label = PERSONAL_KINDS[kind].label
        if share >= pattern.threshold:
            return PersonalFinding(kind, share, f"its values look like {label}")
        if some is None or share / 2 > some.confidence:
            some = PersonalFinding(kind, min(share, 0.98) / 2, f"some of its values look like {label}")
    return (_free_text(filled) if kinds is None else None) or some


def _are_many(found: pl.Series, filled: pl.Series) -> bool:
    """Whether names are as many as people have: twenty, or half of all values of a short column."""
    distinct = found.n_unique()
    return distinct >= min(_ENOUGH_DISTINCT_NAMES, max(LEAST_DISTINCT_NAMES, len(filled) // 2))


def _are_a_few(kind: str, values: pl.Series, *, of_people: bool) -> bool:
    """Whether a few different values are names without doubt; of single words, the column must be called so, too."""
    match kind:
        case "full_name":
            return are_a_few_people(values)
        case "first_name":
            return of_people and are_a_few_first_names(values)
        case _:
            return of_people and are_a_few_logins(values)


def _closer(kind: str, found: pl.Series) -> str:
    """The kind itself, or one that the values tell more closely."""
    if kind == "street_address" and are_whole_addresses(found):
        return "address"
    if kind == "first_name" and not mostly_first_names(found):
        return "last_name"
    return kind


def _free_text(values: pl.Series) -> PersonalFinding | None:
    held = held_in(values)
    if not held:
        return None
    return PersonalFinding("paragraph", _FREE_TEXT, f"some of its texts hold {' and '.join(held)}")
