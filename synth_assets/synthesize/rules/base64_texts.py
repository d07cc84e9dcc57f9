"""Texts in base 64 (RFC 4648), whose signs stand anywhere and so separate nothing."""

import re
from collections import Counter
from collections.abc import Mapping

from synth_assets.synthesize.rules.patterns import Segment, Shape, Weighted
from synth_assets.synthesize.rules.random_text import DIGITS, LOWER, UPPER

_SIGNS = ("+/", "-_")
_LETTERS = UPPER + LOWER + DIGITS
_FEWEST_CHARACTERS = 12
_NEARLY_ALL = 0.95
_MOST = 0.8
_PADDING = "="


def base64_shapes(counts: Mapping[str, int], *, min_group: int) -> tuple[Shape, ...]:
    """A shape for each length that enough rows share; none where the texts are something else.

    Nearly all texts hold capital and small letters and digits, and signs stand at most places of one or another.

    Args:
        counts: Distinct values and the rows of each.
    """
    for signs in _SIGNS:
        form = re.compile(rf"[A-Za-z0-9{re.escape(signs)}]{{{_FEWEST_CHARACTERS},}}={{0,2}}")
        texts = [text for text in counts if form.fullmatch(text)]
        if len(texts) >= _NEARLY_ALL * len(counts) and _are_mixed(texts) and _stand_anywhere(texts, signs):
            lengths = Counter[tuple[int, int]]()
            for text in texts:
                padding = text.count(_PADDING)
                lengths[len(text) - padding, padding] += counts[text]
            return tuple(
                _shape(length, padding, _LETTERS + signs, rows)
                for (length, padding), rows in sorted(lengths.items())
                if rows >= min_group
            )
    return ()


def _are_mixed(texts: list[str]) -> bool:
    mixed = sum(all(re.search(of, text) for of in ("[A-Z]", "[a-z]", "[0-9]")) for text in texts)
    return mixed >= _MOST * len(texts)


def _stand_anywhere(texts: list[str], signs: str) -> bool:
    places = {place for text in texts for place, character in enumerate(text) if character in signs}
    return len(places) >= _MOST * max(map(len, texts))


def _shape(length: int, padding: int, letters: str, rows: int) -> Shape:
    segments = [Segment(alphabet=letters, lengths=Weighted(values=(length,), weights=(1.0,)))]
    if padding:
        segments.append(Segment(literals=((_PADDING * padding, 1.0),)))
    return Shape(segments=tuple(segments), weight=float(rows))
