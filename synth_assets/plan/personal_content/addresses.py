"""Addresses, postcodes and coordinates, by the words for streets and the forms of codes of many countries."""

from functools import cache
from importlib import import_module

import polars as pl

_LEAST_WITH_STREET_WORD = 0.25
_SHORTEST = 5

# A word for a street, alone or at the end of a longer word.
_STREET_WORD = (
    r"(?i:\b(?:street|st|avenue|ave|av|road|rd|lane|ln|drive|dr|court|ct|boulevard|blvd|bd|way|place|pl|square|sq|terrace|"
    r"crescent|close|highway|hwy|parkway|pkwy|trail|circle|cir|loop|alley|plaza|row|mews|grove|gardens|walk|bypass|"
    r"rue|chemin|allée|allee|impasse|quai|cours|route|faubourg|passage|"
    r"via|viale|piazza|corso|vicolo|largo|contrada|strada|borgo|stretto|canale|incrocio|rotonda|"
    r"calle|avenida|avda|paseo|camino|carrera|cra|ronda|pasaje|callejón|calzada|privada|andador|circuito|diagonal|"
    r"peatonal|prolongación|retorno|viaducto|rambla|urbanización|glorieta|cuesta|acceso|"
    r"rua|travessa|praça|alameda|rodovia|estrada|vila|beco|ladeira|ulica|aleja|aleje|plac|osiedle|"
    r"sokak|cadde|caddesi|mahallesi|bulvarı|sokağı|strasse|straße|am|an der|im|auf der|zum|unter den|platz|weg|gasse|"
    r"ring|ufer|damm|laan|straat|plein|gracht|kade|steeg|singel|dreef|hof|vej|gade|allé|plads|gata|gatan|väg|vägen|"
    r"gränd|katu|tie|polku|utca|út|tér|körút|ulice|třída|náměstí|cesta|trg|bulevar|aleea|şoseaua|bulevardul|iela|gatvė|"
    r"tänav|tee|puiestee|jalan|gang|đường|phố|ngõ|ул|улица|пр|пр-т|проспект|пер|переулок|бульвар|б-р|шоссе|наб|"
    r"набережная|площадь|пл|аллея|алл|вулиця|провулок|οδός|λεωφόρος|λεωφ|πλατεία|"
    r"marg|nagar|gali|chowk|colony|sector|vihar|path|ganj|zila)(?:[\s,.]|$)"
    r"|\b(?:r|tv|pça|ul|al|os|sok|sk|cad|mah|str|jl|gg|ш|вул|бул)\. ?"
    r"|\p{L}{2}(?:strasse|straße|str\.|weg|platz|gasse|allee|ring|ufer|damm|straat|laan|plein|gracht|kade|steeg|singel|"
    r"dreef|gatan|gata|vägen|väg|gränd|vej|vejen|gade|veien|veg|vegen|gaten|katu|tie|polku|kuja|iela|utca|köz)\b)"
    r"|شارع|طريق|نهج|ساحة|حي|خیابان|کوچه|بلوار|רחוב|שדרות|סמטת|מרכז|שביל|路|街|巷|弄|大道|胡同|号|區|区|丁目|番地|番|町|市"
    r"|(?:로|길|동|가)(?:\s|\d|$)|मार्ग|नगर|रोड|गली|सड़क|चौक|पथ"
)
_NUMBER_AND_WORDS = (
    r"^(?:№ ?)?\d{1,6}[\p{L}]?(?:[-/]\d{1,4})?[, ]+(?:bis |ter )?[\p{L}\p{M}.'’\"\-]{2,}"
    r"(?:[ ,\-][\p{L}\p{M}\d.'’\"\-/#()]+)*"
)
_WORDS_AND_NUMBER = (
    r"^(?:[\p{L}\p{M}\d.'’\"\-()/]+[, ]+){1,8}(?:s/n|S/N|"
    r"(?:[№#nN]?[.º°]?\s?)\d{1,6} ?[\p{L}]?(?:[-/.] ?\d{1,4}\p{L}?)?)"
)
_EAST_ASIAN_ADDRESS = r"^[\p{Han}\p{Hiragana}\p{Katakana}\p{Hangul}\p{L} ー\-]{2,}.*\d"
_STREET_AND_NUMBER = r"^(?P<street>\p{L}[^\d]*?),? (?P<number>\d{1,5}) ?[a-zA-Z]?$"
_MANY_LINES, _NEARLY_ALL, _LEAST_WORDS_A_STREET, _LEAST_NUMBERS, _LEAST_STREETS = 30, 0.8, 0.5, 15, 5
_NUMBER = r"\d+\p{L}?\b"
_WITH_CITY = (
    r",\s*(?:.*\p{L}{2,}.*(?:\d{4,6}|\d{3}[ -]\d{2,4}|[A-Z]\d\w? ?\d)|.*(?:\d{4,6}|\d{3}[ -]\d{2,4}).*\p{L}{2,})"
)
_BEGINS_WITH_STREET = (
    r"^(?i:rua|avenida|av\.|alameda|travessa|praça|estrada|rodovia|via|viale|piazza|corso|vicolo|calle|paseo|plaza|rue|"
    r"boulevard|chemin|impasse|place|allée|quai|ulica|ul\.|aleja|al\.|plac|улица|ул\.|проспект|пр\.|переулок|пер\.|"
    r"вулиця|вул\.|провулок|strada|bulevardul|jalan|jl\.) [\p{L}\d]"
)
_BOX = r"^(?i:p\.?\s?o\.?\s?box|postfach|unit|box|apt|suite|psc|casella postale)\b.*\d"

_POSTCODE = (
    r"^(?i:[a-z]{1,2}\d[a-z\d]? ?\d[a-z]{2}"  # United Kingdom
    r"|[abceghj-npr-tvxy]\d[a-z][ -]?\d[a-z]\d"  # Canada
    r"|\d{4} ?[a-z]{2}"  # Netherlands
    r"|[a-z]{1,2}-\d{4,6}"  # D-10115, LV-1050
    r"|[ac-fhknprtv-y]\d{2} ?[ac-fhknprtv-y\d]{4}"  # Ireland
    r"|[a-z]\d{4}(?:[a-z]{3})?"  # Argentina
    r"|\d{2}-\d{3}"  # Poland
    r"|\d{3} \d{2}"  # Sweden, Czechia, Slovakia, Greece
    r"|〒? ?\d{3}-\d{4}"  # Japan
    r"|\d{5}-\d{3}"  # Brazil
    r"|\d{4}-\d{3}"  # Portugal
    r"|\d{5}-\d{4})$"  # United States
)
_PLAIN_POSTCODE = r"^(?:\d{5}|\d{6}|\d{8})$"
_DISTINCTIVE_SHARE = 0.15

_PAIR = (
    r"^\(?\s*[-+]?(?:[1-8]?\d|90)\.\d{2,}°?\s?[NS]?\s*[,; ]\s*[-+]?(?:1[0-7]\d|180|\d{1,2})\.\d{2,}°?\s?[EWO]?\s*\)?$"
)
_POINT = r"^(?i:(?:SRID=\d+;)?POINT ?\([-+\d.]+ [-+\d.]+\))$"
_SEXAGESIMAL = r"^\d{1,3}°\s?\d{1,2}['′]\s?(?:\d{1,2}(?:\.\d+)?[\"″]\s?)?[NSEWO](?:[, ].*)?$"


@cache
def _street_word() -> str:
    """The words above and all that the United States Postal Service knows, which Faker lists."""
    suffixes = import_module("faker.providers.address.en_US").Provider.street_suffixes
    return rf"{_STREET_WORD}|\b(?:{'|'.join(suffixes)})(?:[\s,.]|$)"


def are_street_addresses(values: pl.Series) -> pl.Series:
    """Which texts are streets with a number; none where too few have a word for a street in them."""
    lines = values.str.replace_all(r"[\r\n]+", ", ")
    if not lines.str.contains(r"[ \p{Han}\p{Hangul}]").any():
        return pl.Series([False] * len(values), dtype=pl.Boolean)
    formed = (
        lines.str.contains(_NUMBER_AND_WORDS)
        | lines.str.contains(_WORDS_AND_NUMBER)
        | lines.str.contains(_BOX)
        | lines.str.contains(_BEGINS_WITH_STREET)
        | (lines.str.contains(_EAST_ASIAN_ADDRESS) & lines.str.contains(r"[\p{Han}\p{Hangul}]"))
    )
    formed &= lines.str.len_chars() >= _SHORTEST
    has_word = formed & lines.str.contains(_street_word())
    few = int(has_word.sum()) < _LEAST_WITH_STREET_WORD * int(formed.sum())
    if (few or _are_one_thing_numbered(lines.filter(has_word))) and not _are_varied_words_and_numbers(lines):
        return pl.Series([False] * len(values), dtype=pl.Boolean)
    return formed


def _are_one_thing_numbered(lines: pl.Series) -> bool:
    """Whether many lines have the same few words, as 'Parkplatz Nr. 12' has, which ends as names of squares do."""
    return len(lines) >= _MANY_LINES and lines.str.replace_all(_NUMBER, "").n_unique() < _LEAST_STREETS


def _are_varied_words_and_numbers(lines: pl.Series) -> bool:
    """Whether nearly all are words and a number after them, and words and numbers are as many as streets have.

    Streets without a word for a street in them, such as those of villages, are told from 'Model 12' by that.
    """
    named = lines.str.extract_groups(_STREET_AND_NUMBER).struct.unnest().drop_nulls()
    if len(named) < max(_MANY_LINES, _NEARLY_ALL * len(lines)):
        return False
    words = named["street"].str.split(" ").explode().n_unique()
    return words >= _LEAST_WORDS_A_STREET * len(named) and named["number"].n_unique() >= _LEAST_NUMBERS


def are_whole_addresses(values: pl.Series) -> bool:
    """Of street addresses: whether most name a city or a postcode, too."""
    parts = values.str.replace_all(r"[\r\n]+", ", ")
    whole = parts.str.contains(_WITH_CITY)
    return float(whole.mean() or 0.0) >= 0.5  # type: ignore[arg-type]


def are_postcodes(values: pl.Series) -> pl.Series:
    """Which texts are postcodes of a form that hardly anything else has; five or six plain digits tell nothing."""
    telling = values.str.contains(_POSTCODE)
    if float(telling.mean() or 0.0) >= _DISTINCTIVE_SHARE:  # type: ignore[arg-type]
        return telling | values.str.contains(_PLAIN_POSTCODE)
    return telling


def are_coordinates(values: pl.Series) -> pl.Series:
    """Which texts are a latitude and a longitude."""
    return values.str.contains(_PAIR) | values.str.contains(_POINT) | values.str.contains(_SEXAGESIMAL)
