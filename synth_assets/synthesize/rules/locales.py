"""The locale of a table's fakes, where the plan names none: the one whose names and places its columns hold."""

import re
from collections.abc import Mapping, Sequence
from functools import cache
from importlib import import_module

import polars as pl

from synth_assets.plan.fake_kinds import FAKE_KINDS
from synth_assets.plan.resolved import ColumnDecision, Treatment
from synth_assets.synthesize.rules.pools import DEFAULT_LOCALE

# One for each language, the country with most people who speak it first. Names tell the language, not the country.
CANDIDATES = (
    "en_US", "de_DE", "fr_FR", "es_ES", "it_IT", "pt_BR", "nl_NL", "pl_PL", "cs_CZ", "sk_SK", "hu_HU", "ro_RO", "hr_HR",
    "sl_SI", "tr_TR", "sv_SE", "no_NO", "da_DK", "fi_FI", "id_ID", "vi_VN", "ru_RU", "uk_UA", "el_GR", "he_IL", "hi_IN",
    "fa_IR", "ar_AA", "ja_JP", "ko_KR", "zh_CN", "th_TH", "hy_AM", "ka_GE",
)  # fmt: skip
_SCRIPTS = (
    (r"[\u3040-\u30ff]", "ja_JP"),
    (r"[\uac00-\ud7af]", "ko_KR"),
    (r"[\u4e00-\u9fff]", "zh_CN"),
    (r"[\u0e00-\u0e7f]", "th_TH"),
    (r"[\u0900-\u097f]", "hi_IN"),
    (r"[\u0590-\u05ff]", "he_IL"),
    (r"[\u0600-\u06ff]", "ar_AA"),
    (r"[\u0370-\u03ff]", "el_GR"),
    (r"[\u0530-\u058f]", "hy_AM"),
    (r"[\u10a0-\u10ff]", "ka_GE"),
    (r"[\u0400-\u04ff]", "ru_RU"),
)
_NAMED_BY = frozenset({"first_name", "last_name", "full_name", "middle_name", "city", "street_name", "street_address"})
_LOCAL = frozenset({"phone", "company", "job", "national_id", "iban", "license_plate"})
_MOST_VALUES = 1_000
_LEAST_WORDS = 10
_LEAST_SHARE = 0.1
_WORDS = re.compile(r"[^\W\d_]{2,}")


def with_locales(decisions: Sequence[ColumnDecision], rows: pl.DataFrame) -> tuple[ColumnDecision, ...]:
    """The decisions, with a locale for every fake whose form differs between countries and that has none.

    A locale that the plan names for a column is that of the table's other columns, too: one row is one person.
    """
    fakes = [decision for decision in decisions if decision.treatment is Treatment.FAKE]
    named = [str(fake.options["locale"]) for fake in fakes if fake.options.get("locale")]
    locale = named[0] if named else locale_of({str(fake.options.get("kind")): rows[fake.name] for fake in fakes})
    return tuple(
        decision.model_copy(update={"options": {**decision.options, "locale": locale}})
        if decision.treatment is Treatment.FAKE and not decision.options.get("locale") and is_local(decision)
        else decision
        for decision in decisions
    )


def locale_of(columns: Mapping[str, pl.Series], *, candidates: Sequence[str] = CANDIDATES) -> str:
    """The locale that knows most of the words of names and places; DEFAULT_LOCALE where too few are known.

    Args:
        columns: Values of the source by their kind of fake.
        candidates: The locales to choose from.
    """
    samples = [_sample(values) for kind, values in columns.items() if kind in _NAMED_BY and values.dtype == pl.String]
    words = [word for sample in samples for text in sample for word in _WORDS.findall(text.lower())]
    if len(words) < _LEAST_WORDS:
        return DEFAULT_LOCALE
    written = _by_script([text for sample in samples for text in sample])
    known = {locale: sum(word in _known(locale) for word in words) / len(words) for locale in candidates}
    best = max(candidates, key=lambda locale: known[locale])
    if known[best] >= _LEAST_SHARE:
        return best
    return written or DEFAULT_LOCALE


def is_local(decision: ColumnDecision) -> bool:
    """Whether fakes of the column's kind differ between countries."""
    kind = str(decision.options.get("kind"))
    return kind in FAKE_KINDS and (bool(FAKE_KINDS[kind].group) or kind in _LOCAL)


def _sample(values: pl.Series) -> list[str]:
    distinct = values.drop_nulls().unique(maintain_order=True)
    return distinct.gather_every(max(1, -(-len(distinct) // _MOST_VALUES))).to_list()


def _by_script(texts: Sequence[str]) -> str | None:
    for letters, locale in _SCRIPTS:
        if 2 * sum(re.search(letters, text) is not None for text in texts) > len(texts):
            return locale
    return None


@cache
def _known(locale: str) -> frozenset[str]:
    """The words of a locale's names and cities, as Faker lists them."""
    texts: set[str] = set()
    for room in ("person", "address"):
        try:
            provider = import_module(f"faker.providers.{room}.{locale}").Provider
        except ModuleNotFoundError:
            continue
        for attribute in dir(provider):
            if attribute.startswith(("first_names", "last_names", "cities", "city_names", "street_names", "streets")):
                listed = getattr(provider, attribute)
                texts |= {str(one) for one in listed} if isinstance(listed, tuple | list | dict | set) else set()
    return frozenset(word for text in texts for word in _WORDS.findall(text.lower()))
