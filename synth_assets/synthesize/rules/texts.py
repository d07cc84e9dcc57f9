"""A column of free text: a mixture of character patterns and prose, learned from the source's values."""

import re
from collections.abc import Mapping
from typing import Literal

import numpy as np
import polars as pl

from synth_assets.catalog.model import Value
from synth_assets.synthesize.rules.base64_texts import base64_shapes
from synth_assets.synthesize.rules.characters import script_of
from synth_assets.synthesize.rules.kinds import uuids
from synth_assets.synthesize.rules.patterns import Shape, Weighted, mix, shares
from synth_assets.synthesize.rules.prose import corpus, language_of
from synth_assets.synthesize.rules.shapes import Learner

MOST_LEARNED_VALUES = 20_000

_UUID = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
_PROSE_WORDS = 3
_PROSE_LETTERS = 0.7
_TITLE = 0.6
_SAMPLED_CHARACTERS = 1_000
_QUANTILES = 41
_NEARLY_ALL = 0.95
_LEAST_LOOK = 0.5


class Prose(Value):
    """Several words of natural language.

    Attributes:
        lengths: Characters, at equal steps of the distribution.
        capitalized: Share of texts whose words mostly start with a capital letter.
        lower: Share that starts with a small letter.
        full_stop: Share that ends with a full stop.
    """

    weight: float
    language: str
    lengths: tuple[int, ...]
    capitalized: float
    lower: float
    full_stop: float

    def draw(self, n: int, rng: np.random.Generator) -> pl.Series:
        steps = np.linspace(0, 1, len(self.lengths))
        lengths = np.interp(rng.random(n), steps, self.lengths).round().astype(np.int64)
        is_title = rng.random(n) < self.capitalized
        titles = corpus(self.language, capitalized=True).cut(lengths[is_title], rng)
        plain = [text.rstrip(".") for text in corpus(self.language).cut(lengths[~is_title], rng)]
        starts_lower = rng.random(len(plain)) < self.lower
        plain = [text[:1].lower() + text[1:] if low else text for text, low in zip(plain, starts_lower, strict=True)]
        counts = np.array([len(plain), len(titles)])
        texts = mix(counts, [pl.Series(plain, dtype=pl.String), pl.Series(titles, dtype=pl.String)], is_title * 1)
        ends = pl.Series(np.where(rng.random(n) < self.full_stop, ".", ""))
        return texts + ends


class TextModel(Value):
    """What new values of a text column are drawn from."""

    type: Literal["text"] = "text"
    is_uuid: bool = False
    upper_case: bool = False
    shapes: tuple[Shape, ...] = ()
    prose: Prose | None = None

    @classmethod
    def fit(cls, values: pl.Series, *, min_group: int) -> "TextModel":
        """Learn from a column of strings; nulls are left out. An empty column gives short words."""
        counts = value_counts(values)
        if not counts:
            return cls(shapes=Learner({"word": 1}, min_group=2).shapes())
        if sum(bool(_UUID.fullmatch(text)) for text in counts) >= _NEARLY_ALL * len(counts):
            return cls(is_uuid=True, upper_case=any(text.upper() == text != text.lower() for text in counts))
        if shapes := base64_shapes(counts, min_group=min_group):
            return cls(shapes=shapes)
        prose = {text: rows for text, rows in counts.items() if _is_prose(text)}
        if sum(prose.values()) < min(min_group, sum(counts.values()) / 2):
            prose = {}
        others = {text: rows for text, rows in counts.items() if text not in prose}
        return cls(
            shapes=Learner(others, min_group=min_group).shapes() if others else (),
            prose=_learn_prose(prose, min_group) if prose else None,
        )

    @classmethod
    def look_of(cls, values: pl.Series, *, min_group: int, any_character: bool = False) -> "TextModel | None":
        """The exact patterns of at least half of the rows; None if there are none that enough rows share.

        Args:
            any_character: Letters and digits may stand in each other's places.
        """
        counts = value_counts(values)
        shapes = base64_shapes(counts, min_group=min_group) if any_character else ()
        if not shapes and counts:
            shapes = Learner(counts, min_group=min_group).exact_shapes(any_character=any_character)
        if sum(shape.weight for shape in shapes) < _LEAST_LOOK * sum(counts.values()) or not shapes:
            return None
        return cls(shapes=shapes)

    def draw(self, n: int, rng: np.random.Generator) -> pl.Series:
        """n texts; they may repeat."""
        if self.is_uuid:
            texts = uuids(n, rng)
            return texts.str.to_uppercase() if self.upper_case else texts
        parts: list[Shape | Prose] = [*self.shapes, *([self.prose] if self.prose else [])]
        which = rng.choice(len(parts), size=n, p=shares([part.weight for part in parts]))
        counts = np.bincount(which, minlength=len(parts))
        drawn = [part.draw(int(count), rng) for part, count in zip(parts, counts, strict=True)]
        return mix(counts, drawn, which)


def value_counts(values: pl.Series) -> dict[str, int]:
    """Distinct values and their rows, of a seeded sample where there are very many."""
    counts = values.cast(pl.String).drop_nulls().alias("value").value_counts(name="rows").sort("value")
    if len(counts) > MOST_LEARNED_VALUES:
        counts = counts.sample(MOST_LEARNED_VALUES, seed=0).sort("value")
    return dict(zip(counts["value"].to_list(), counts["rows"].to_list(), strict=True))


def _is_prose(text: str) -> bool:
    text = text[:_SAMPLED_CHARACTERS]
    words = text.split()
    if len(words) < _PROSE_WORDS:
        return False
    letters = sum(character.isalpha() or character.isspace() for character in text)
    return letters >= _PROSE_LETTERS * len(text) and len(text) >= len(words) * 3


def _learn_prose(counts: Mapping[str, int], min_group: int) -> Prose:
    texts = list(counts)
    lengths = np.sort(np.repeat([len(text) for text in texts], list(counts.values())))
    margin = min(min_group - 1, (len(lengths) - 1) // 2)
    inner = lengths[margin : len(lengths) - margin]
    words = [text[:_SAMPLED_CHARACTERS].split() for text in texts]
    capitalized = [sum(word[:1].isupper() for word in each) > _TITLE * len(each) for each in words]
    return Prose(
        weight=float(sum(counts.values())),
        language=language_of(script_of(texts)),
        lengths=tuple(int(length) for length in np.quantile(inner, np.linspace(0, 1, _QUANTILES)).round()),
        capitalized=float(np.mean(capitalized)),
        lower=float(np.mean([text[:1].islower() for text in texts])),
        full_stop=float(np.mean([text.rstrip().endswith((".", "!", "?")) for text in texts])),
    )


def fit_lengths(lengths: np.ndarray, min_group: int) -> Weighted:
    """Quantiles of lengths, without the outermost that fewer than min_group rows reach."""
    ordered = np.sort(lengths)
    margin = min(min_group - 1, (len(ordered) - 1) // 2) if len(ordered) else 0
    inner = ordered[margin : len(ordered) - margin]
    if not len(inner):
        return Weighted(values=(0,), weights=(1.0,))
    points = np.quantile(inner, np.linspace(0, 1, _QUANTILES)).round().astype(int)
    values, weights = np.unique(points, return_counts=True)
    return Weighted(values=tuple(map(int, values)), weights=tuple(map(float, weights)))
