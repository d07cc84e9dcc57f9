"""Texts of several words in which personal data stands among others."""

import polars as pl

from synth_assets.plan.personal_content.name_words import first_names

_LEAST_WORDS = 4.0
_LEAST_SHARE, _LEAST_TEXTS = 0.02, 2
_LEAST_SHARE_OF_NAMES = 0.1
_HELD: dict[str, str] = {
    "e-mail addresses": r"[\w.+\-]+@[\w\-]+(?:\.[\w\-]+)*\.\p{L}{2,}",
    "phone numbers": (
        r"(?:^|[\s:(,])(?:\+\d[\d ().\-/]{7,18}\d|\(\d{2,5}\)[ \-]?\d{3,4}[ \-]?\d{2,5}|\d{3}[-.]\d{3}[-.]\d{4}"
        r"|0\d{2,4}[ \-/]\d{3,4}[ \-]?\d{2,5})(?:$|[\s.,;)!?])"
    ),
    "IBANs": r"\b[A-Z]{2}\d{2}(?: ?[A-Z0-9]{4}){3,7}(?: ?[A-Z0-9]{1,3})?\b",
    "card numbers": r"\b(?:\d{4}[ \-]){3}\d{4}\b|\b[3-6]\d{15}\b",
    "identity numbers": r"\b\d{3}-\d{2}-\d{4}\b|\b\d{3}\.\d{3}\.\d{3}-\d{2}\b",
    "IP addresses": r"\b(?:(?:25[0-5]|2[0-4]\d|1?\d?\d)\.){3}(?:25[0-5]|2[0-4]\d|1?\d?\d)\b",
    "web addresses": r"(?i)\bhttps?://\S+|\bwww\.\S+\.\S{2,}",
}
_TITLED_NAME = (
    r"\b(?:Mr|Mrs|Ms|Dr|Herr|Herrn|Frau|Mme|Monsieur|Madame|Sr|Sra|Señor|Señora|Sig|Signor|Signora|Dhr|Mevr|Pan|Pani)\.?"
    r" \p{Lu}\p{Ll}+"
)
_TWO_CAPITALISED = r"(\p{Lu}\p{Ll}+) \p{Lu}\p{Ll}+"


def held_in(values: pl.Series) -> tuple[str, ...]:
    """What personal data stands among other words in at least one text of fifty, in words for people.

    Empty where the texts have too few words to be sentences.
    """
    spaceless = values.str.contains(r"[\p{Han}\p{Hiragana}\p{Katakana}\p{Thai}]")
    words = values.str.count_matches(r"\s\S") + 1 + values.str.len_chars() // 4 * spaceless
    if not len(values) or float(words.mean() or 0.0) < _LEAST_WORDS:  # type: ignore[arg-type]
        return ()
    sentences = values.filter(words >= 2)
    least = max(_LEAST_TEXTS, _LEAST_SHARE * len(values))
    found = [what for what, form in _HELD.items() if sentences.str.contains(form).sum() >= least]
    if _hold_names(sentences):
        found.append("names")
    return tuple(found)


def _hold_names(sentences: pl.Series) -> bool:
    least = max(_LEAST_TEXTS, _LEAST_SHARE_OF_NAMES * len(sentences))
    titled = sentences.str.contains(_TITLED_NAME)
    pairs = sentences.str.extract(_TWO_CAPITALISED, 1).str.to_lowercase().is_in(list(first_names()))
    return int((titled | pairs.fill_null(value=False)).sum()) >= least
