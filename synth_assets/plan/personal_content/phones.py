"""Phone numbers: written as such, or plain digits that one country's numbering plan knows."""

import polars as pl

_DATE_LIKE = r"^(?:[0-9]{4}[-./][0-9]{1,2}[-./][0-9]{1,2}|[0-9]{1,2}[-./][0-9]{1,2}[-./][0-9]{2,4})(?:[ T].*)?$"
_EXTENSION = r"(?: ?(?:#|x|ext\.?|доб\.?) ?[0-9]{1,6})?$"
_WRITTEN = (
    r"^(?:\+ ?\(?[0-9][0-9 ().\-/]{6,24}|\(\+?[0-9]{1,5}\)[ \-]*[0-9][0-9 \-./]{3,16}"
    r"|\+?1?[-. ]?\(?[0-9]{3}\)?[-. ][0-9]{3}[-. ][0-9]{4}"
    r"|00[0-9][0-9 ().\-/]{7,20}|0[0-9]{1,5}[ \-/.]\(?[0-9][0-9 ()\-/.]{4,14}"
    r"|0\(?[0-9]{1,5}\)?[ \-/.][0-9][0-9 \-/.]{4,14}"
    r"|[0-9]{2} 9?[0-9]{4}-[0-9]{4}|8[ \-]?\(?[0-9]{3}\)?[ \-]?[0-9]{3}[ \-]?[0-9]{2}[ \-]?[0-9]{2})" + _EXTENSION
)
_DIGITS = r"^\(?[0-9][0-9 ().\-/]{6,16}[0-9]$"
_DECIMAL = r"^[0-9]+[.,][0-9]+$"
_SEPARATED = r"[ .\-/()]"
_LEAST_DIGITS, _MOST_DIGITS = 7, 20
_LEAST_PLAIN_DIGITS, _MOST_PLAIN_DIGITS = 9, 13
_LEAST_PREFIXES, _LEAST_BEGINNINGS = 5, 12
_MOST_CHECKED, _FIRST_CHECKED = 80, 15
_SHARE_INTERNATIONAL = 0.1
_SHARE_OF_FIRST, _SHARE_VALID, _SHARE_VALID_PLAIN = 0.7, 0.85, 0.95
_REGIONS = (
    "US", "GB", "DE", "FR", "ES", "IT", "PT", "BR", "NL", "BE", "CH", "AT", "PL", "CZ", "SK", "HU", "RO", "BG",
    "GR", "TR", "RU", "UA", "SE", "NO", "DK", "FI", "EE", "LV", "LT", "IE", "IL", "SA", "AE", "EG", "MA", "DZ",
    "TN", "IR", "IN", "PK", "BD", "CN", "TW", "HK", "JP", "KR", "TH", "VN", "ID", "MY", "PH", "SG", "AU", "NZ",
    "ZA", "NG", "KE", "MX", "AR", "CL", "CO", "PE", "KZ", "HR", "RS", "SI",
)  # fmt: skip


def are_phones(values: pl.Series) -> pl.Series:
    """Which texts are phone numbers; digits alone only where nearly all of them are valid in one country."""
    digits = values.str.count_matches(r"[0-9]")
    possible = ~values.str.contains(_DATE_LIKE) & digits.is_between(_LEAST_DIGITS, _MOST_DIGITS)
    if not possible.any():
        return possible
    written = values.str.contains(_WRITTEN) & possible
    plain = possible & values.str.contains(_DIGITS) & ~values.str.contains(_DECIMAL)
    others = values.filter(plain & ~written).unique(maintain_order=True)
    share = float(written.mean() or 0.0)  # type: ignore[arg-type]
    if share >= _SHARE_VALID or not len(others):
        return written
    beside_international = values.str.starts_with("+").mean() or 0.0
    if float(beside_international) >= _SHARE_INTERNATIONAL or _are_numbers_of_a_country(others.head(_MOST_CHECKED)):  # type: ignore[arg-type]
        return written | plain
    return written


def _are_numbers_of_a_country(values: pl.Series) -> bool:
    digits = values.str.replace_all(r"\D", "")
    if digits.str.head(3).n_unique() < _LEAST_PREFIXES:
        return False
    separated = float(values.str.contains(_SEPARATED).mean() or 0.0) >= _SHARE_VALID  # type: ignore[arg-type]
    if not separated:
        lengths = digits.str.len_chars()
        spread = digits.str.slice(1, 3).n_unique() >= _LEAST_BEGINNINGS
        if not spread or not lengths.is_between(_LEAST_PLAIN_DIGITS, _MOST_PLAIN_DIGITS).all():
            return False
        if digits.str.starts_with("0").all():
            return True
    least = _SHARE_VALID if separated else _SHARE_VALID_PLAIN
    texts = values.to_list()
    return any(
        _share_valid(texts[:_FIRST_CHECKED], region) >= _SHARE_OF_FIRST and _share_valid(texts, region) >= least
        for region in _REGIONS
    )


def _share_valid(texts: list[str], region: str) -> float:
    """The share that are valid, and written with the digits with which they are dialled within the country."""
    import phonenumbers

    valid = 0
    for text in texts:
        try:
            number = phonenumbers.parse(text, region)
        except phonenumbers.NumberParseException:
            continue
        dialled = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.NATIONAL)
        valid += phonenumbers.is_valid_number(number) and _digits(dialled) == _digits(text)
    return valid / len(texts)


def _digits(text: str) -> str:
    return "".join(character for character in text if character.isdigit())
