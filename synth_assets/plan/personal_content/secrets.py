"""Tokens, keys and hashes: by their prefixes, or as long texts in which every character is drawn by chance."""

import math
from collections import Counter

import polars as pl

_PREFIXED = (
    r"^eyJ[A-Za-z0-9_\-]+\.[A-Za-z0-9_\-]+\.[A-Za-z0-9_\-]*$|^(?:sk|pk|rk|whsec|ghp|gho|ghs|ghu|github_pat|glpat|xox[abprs]|npm|dop_v1|shpat|hf)"
    r"[_\-][A-Za-z0-9_\-]{12,}$|^(?:AKIA|ASIA)[A-Z0-9]{16}$|^AIza[A-Za-z0-9_\-]{30,}$|^ya29\.[A-Za-z0-9_\-]{20,}$|^SG\.[A-Za-z0-9_\-]{16,}\.[A-Za-z0-9_\-]{16,}$"
    r"|^-----BEGIN [A-Z ]+KEY-----|^ssh-(?:rsa|ed25519) |^(?i:bearer|basic) [A-Za-z0-9_\-.=+/]{16,}$"
)
_RANDOM = r"^[A-Za-z0-9_\-+/]+=*$"
_SHORTEST, _LONGEST = 20, 512
_MIXED = r"[A-Z].*[a-z]|[a-z].*[A-Z]"
_DIGIT_AMONG_LETTERS = r"[A-Za-z][0-9]+[A-Za-z]"
_HASH = (
    r"^(?i:(?:0x|sha[0-9]+:|md5:)?(?:[0-9a-f]{32}|[0-9a-f]{40}|[0-9a-f]{48}|[0-9a-f]{56}|[0-9a-f]{64}|[0-9a-f]{96}"
    r"|[0-9a-f]{128}))$"
)
_HASHED = (
    r"^\$(?:2[abxy]?|argon2(?:id?|d)|scrypt|pbkdf2[A-Za-z0-9_\-]*|[156])\$\S{8,}$|^\{(?:S?SHA|BCRYPT|PBKDF2)[^}]*\}\S{8,}$"
    r"|^pbkdf2_sha[0-9]+\$[0-9]+\$\S+$"
)
_LEAST_BITS_A_CHARACTER = 3.4


def are_tokens(values: pl.Series) -> pl.Series:
    """Which texts are secrets of a known form, or long and random: capitals, small letters and digits in no order."""
    long_enough = values.str.contains(_RANDOM) & values.str.len_chars().is_between(_SHORTEST, _LONGEST)
    mixed = values.str.contains(_MIXED) & values.str.contains(_DIGIT_AMONG_LETTERS)
    candidates = (
        long_enough
        & mixed
        & ~values.str.contains(_HASH)
        & ~values.str.contains(r"^/|//|^[A-Za-z0-9_\-]+/[A-Za-z0-9_\-]+/[A-Za-z0-9_\-]+$")
    )
    random = pl.Series([_bits(text) >= _LEAST_BITS_A_CHARACTER for text in values.to_list()], dtype=pl.Boolean)
    return values.str.contains(_PREFIXED) | (candidates & random)


def are_hashes(values: pl.Series) -> pl.Series:
    """Which texts are hexadecimal digits, as many as a digest has."""
    return values.str.contains(_HASH) & values.str.contains(r"[0-9]") & values.str.contains(r"(?i)[a-f]")


def are_password_hashes(values: pl.Series) -> pl.Series:
    """Which texts are passwords as password hashing functions write them."""
    return values.str.contains(_HASHED)


def _bits(text: str) -> float:
    """Entropy of the characters of a text, in bits a character."""
    counts = Counter(text).values()
    return -sum(count / len(text) * math.log2(count / len(text)) for count in counts)
