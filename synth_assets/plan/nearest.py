"""The known word that a misspelt one was probably meant to be."""

from collections.abc import Iterable
from difflib import get_close_matches


def nearest(word: str, known: Iterable[str]) -> str | None:
    """The closest known word, case set aside; None if none is close."""
    by_folded = {candidate.casefold(): candidate for candidate in known}
    found = get_close_matches(word.casefold(), by_folded, n=1, cutoff=0.6)
    return by_folded[found[0]] if found else None


def hint(word: str, known: Iterable[str]) -> str:
    """'; did you mean 'x'?' where a known word is close, otherwise what is known; empty if nothing is."""
    words = list(known)
    found = nearest(word, words)
    if found:
        return f"; did you mean {found!r}?"
    return f"; known: {', '.join(words)}" if words else ""
