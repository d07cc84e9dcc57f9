"""Numbers whose check digits tell what they are: cards, IBANs, identity numbers of more than forty countries."""

from collections.abc import Iterable
from functools import cache
from importlib import import_module
from typing import Protocol

import numpy as np
import polars as pl

LONGEST_CARD = 19
_LONGEST_IBAN = 34
_MOST_CHECKED = 120
_FIRST_CHECKED = 15
_SHARE_OF_FIRST = 0.6
_SHARE_RIGHT = 0.85
_LEAST_DISTINCT = 5
_MOST_IDENTITY_CHARACTERS = 22

# Of python-stdnum, the numbers that people have: with a check digit or letter, or with a date and a form of their own.
_IDENTITY_NUMBERS = (
    "al.nipt", "ar.cuit", "ar.dni", "at.vnr", "au.tfn", "be.nn", "bg.egn", "br.cpf", "ca.sin", "ch.ssn", "cl.rut",
    "cn.ric", "cz.rc", "de.idnr", "do.cedula", "ec.ci", "ee.ik", "es.dni", "es.nie", "es.nif", "fi.hetu", "fr.nir",
    "gb.nhs", "hr.oib", "id.nik", "ie.pps", "il.idnr", "in_.aadhaar", "in_.pan", "is_.kennitala",
    "it.codicefiscale", "jp.in_", "kr.rrn", "lt.asmens", "mx.curp", "my.nric", "nl.bsn", "no.fodselsnummer",
    "pl.pesel", "pt.cc", "ro.cnp", "se.personnummer", "si.emso", "th.pin", "tr.tckimlik", "us.ssn", "za.idnr",
    "lv.pvn", "gr.amka", "ua.rntrc", "ru.inn", "pk.cnic",
)  # fmt: skip
# Those without a check digit, or with a weak one: the way they are written tells them from other numbers.
_WRITTEN = {
    "us.ssn": r"^[0-9]{3}-[0-9]{2}-[0-9]{4}$",
    "ar.dni": r"^[0-9]{1,2}\.[0-9]{3}\.[0-9]{3}$",
    "my.nric": r"^[0-9]{6}-[0-9]{2}-[0-9]{4}$",
    "pk.cnic": r"^[0-9]{5}-[0-9]{7}-[0-9]$",
    "in_.pan": r"^[A-Z]{5}[0-9]{4}[A-Z]$",
    "id.nik": r"^[0-9]{16}$",
    "lv.pvn": r"^[0-9]{6}-[0-9]{5}$",
    "al.nipt": r"^[A-Z][0-9]{8}[A-Z]$",
    "au.tfn": r"^[0-9]{3} [0-9]{3} [0-9]{2,3}$",
    "ca.sin": r"^[0-9]{3}[- ][0-9]{3}[- ][0-9]{3}$",
    "pt.cc": r"^[0-9]{8} ?[0-9] ?[A-Z0-9]{2}[0-9]$",
    "cl.rut": r"^[0-9]{1,2}\.?[0-9]{3}\.?[0-9]{3}-[0-9kK]$",
}
_FURTHER_FORMS = (
    r"^(?i:[a-ceghj-prstw-z][a-ceghj-npr-tw-z] ?[0-9]{2} ?[0-9]{2} ?[0-9]{2} ?[a-d])$",  # United Kingdom
    r"^[0-9]{3}-[0-9]{3}-[0-9]{3} [0-9]{2}$",  # SNILS, Russia
    r"^(?:0[1-9]|[12][0-9]|3[01])(?:0[1-9]|1[0-2])[0-9]{2}-[0-9]{4}$",  # CPR, Denmark
    r"^[1-9][0-9]{5}(?:19|20)[0-9]{2}(?:0[1-9]|1[0-2])(?:[0-2][0-9]|3[01])[0-9]{3}[0-9Xx]$",  # China
    r"^[0-9]{2}(?:0[1-9]|1[0-2])(?:[0-2][0-9]|3[01])-[1-8][0-9]{6}$",  # Korea, since 2020 without a check digit
    r"^[A-Z][12][0-9]{8}$",  # Taiwan
    r"^[0-9]{8}[A-Z]$",  # DNI, Spain
    r"^756\.[0-9]{4}\.[0-9]{4}\.[0-9]{2}$",  # AHV, Switzerland
    r"^[0-9]{3}\.[0-9]{3}\.[0-9]{3}-[0-9]{2}$",  # CPF, Brazil
    r"^[12] ?[0-9]{2} ?[0-9]{2} ?(?:[0-9]{2}|2[AB]) ?[0-9]{3} ?[0-9]{3} ?[0-9]{2}$",  # NIR, France
    r"^[A-Z]{6}[0-9]{2}[A-EHLMPRST][0-9]{2}[A-Z][0-9]{3}[A-Z]$",  # codice fiscale, Italy
    r"^[A-Z]{4}[0-9]{6}[HM][A-Z]{5}[A-Z0-9][0-9]$",  # CURP, Mexico
)


class _Number(Protocol):
    def is_valid(self, number: str) -> bool: ...


def are_cards(values: pl.Series) -> pl.Series:
    """13 to 19 digits of a card issuer's range whose Luhn digit is right (ISO/IEC 7812-1)."""
    digits = values.str.replace_all(r"[ \-]", "")
    formed = values.str.contains(r"^[0-9][0-9 \-]{11,21}[0-9]$") & digits.str.contains(
        r"^(?:[3-6]|2[2-7])[0-9]{12,18}$"
    )
    return formed & _luhn(digits.set(~formed, "0" * LONGEST_CARD))


def _luhn(digits: pl.Series) -> pl.Series:
    if not len(digits):
        return pl.Series([], dtype=pl.Boolean)
    padded = "".join(digits.str.zfill(LONGEST_CARD).str.slice(0, LONGEST_CARD).to_list()).encode()
    figures = np.frombuffer(padded, dtype=np.uint8).reshape(-1, LONGEST_CARD).astype(np.int64) - ord("0")
    doubled = figures[:, -2::-2] * 2
    total = figures[:, -1::-2].sum(axis=1) + (doubled - 9 * (doubled > 9)).sum(axis=1)
    return pl.Series(total % 10 == 0)


def are_ibans(values: pl.Series) -> pl.Series:
    """Country, check digits and account whose remainder by 97 is 1 (ISO 13616)."""
    compact = values.str.replace_all(r"[ \-]", "").str.to_uppercase()
    formed = compact.str.contains(r"^[A-Z]{2}[0-9]{2}[A-Z0-9]{11,30}$")
    if not formed.any():
        return formed
    texts = compact.filter(formed)
    turned = (texts.str.slice(4) + texts.str.slice(0, 4)).str.pad_end(_LONGEST_IBAN, " ").to_list()
    codes = np.frombuffer("".join(turned).encode(), dtype=np.uint8).reshape(-1, _LONGEST_IBAN).astype(np.int64)
    remainder = np.zeros(len(turned), dtype=np.int64)
    for code in codes.T:
        letter, blank = code >= ord("A"), code == ord(" ")
        figure = np.where(letter, code - ord("A") + 10, code - ord("0"))
        following = (remainder * np.where(letter, 100, 10) + figure) % 97
        remainder = np.where(blank, remainder, following)
    right = np.zeros(len(values), dtype=bool)
    right[np.flatnonzero(formed.to_numpy())] = remainder == 1
    return pl.Series(right)


def are_national_ids(values: pl.Series) -> pl.Series:
    """Which texts are identity numbers of one country: of the country whose rules most of them keep."""
    none = pl.Series([False] * len(values), dtype=pl.Boolean)
    formed = values.str.contains(r"^[A-Za-z0-9][A-Za-z0-9 .\-/+]{6,20}$") & (values.str.count_matches(r"[0-9]") >= 4)
    if float(formed.mean() or 0.0) < _SHARE_OF_FIRST:  # type: ignore[arg-type]
        return none
    for form in _FURTHER_FORMS:
        written = values.str.contains(form)
        if written.mean() and float(written.mean()) >= _SHARE_RIGHT and not _are_dates(values):  # type: ignore[arg-type]
            return written
    checked = values.filter(formed).unique(maintain_order=True).head(_MOST_CHECKED)
    if len(checked) < _LEAST_DISTINCT:
        return none
    return formed if any(_keeps_rules(checked, name) for name in _IDENTITY_NUMBERS) else none


def _are_dates(values: pl.Series) -> bool:
    return bool(values.str.contains(r"^(?:19|20)[0-9]{2}(?:0[1-9]|1[0-2])").all())


def _keeps_rules(values: pl.Series, name: str) -> bool:
    if name in _WRITTEN and not values.str.contains(_WRITTEN[name]).all():
        return False
    number = _number(name)
    texts = values.to_list()
    first = _share_right(texts[:_FIRST_CHECKED], number)
    return first >= _SHARE_OF_FIRST and _share_right(texts, number) >= _SHARE_RIGHT


def _share_right(texts: Iterable[str], number: _Number) -> float:
    right = [number.is_valid(text) for text in texts]
    return sum(right) / len(right)


@cache
def _number(name: str) -> _Number:
    number: _Number = import_module(f"stdnum.{name}")
    return number
