"""Words of which many rows hold a few each, such as tags: every word's own share, and none twice where none was."""

from collections import Counter
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from synth_assets.catalog.model import Value
from synth_assets.synthesize.rules.patterns import Weighted, shares

_MOST_WORDS = 50
_LEAST_REPEATS = 10  # occurrences for each different word
_NEARLY_ALL = 0.95
_MOST_KEYS = 5_000_000
_TRIED_ROWS = 20_000
_TRIES = 8

Places = npt.NDArray[np.int64]


class SharedWords(Value):
    """Words that each stand in at least min_group rows.

    Attributes:
        weights: What they are drawn with; where `apart`, such that every word comes out in its share of the rows.
        apart: No row of the source holds a word twice.
    """

    words: tuple[str, ...]
    weights: tuple[float, ...]
    apart: bool

    @classmethod
    def fit(
        cls, rows: Sequence[Sequence[str]], *, repeats: Sequence[int], sizes: Weighted, min_group: int
    ) -> "SharedWords | None":
        """None if the words are not few, or too many of them are in too few rows.

        Args:
            rows: The words of each different row.
            repeats: How many rows are the same as it.
            sizes: How many words rows will have.
        """
        holders, occurrences = Counter[str](), Counter[str]()
        for words, times in zip(rows, repeats, strict=True):
            for word, often in Counter(words).items():
                holders[word] += times
                occurrences[word] += often * times
        total = sum(occurrences.values())
        if len(holders) > min(_MOST_WORDS, total // _LEAST_REPEATS):
            return None
        shared = sorted(word for word, rows_with in holders.items() if rows_with >= min_group)
        if not shared or sum(occurrences[word] for word in shared) < _NEARLY_ALL * total:
            return None
        apart = all(len(set(words)) == len(words) for words in rows)
        own = np.array([occurrences[word] for word in shared], dtype=np.float64)
        weights = _weights_apart(own / own.sum(), sizes) if apart else own
        return cls(words=tuple(shared), weights=tuple(map(float, weights)), apart=apart)

    def draw(self, sizes: Places, rng: np.random.Generator) -> tuple[Places, Places]:
        """The places of the words of all rows one after the other, and how many each row has: no more than there are.

        Args:
            sizes: Words of each row.
        """
        if not self.apart:
            return rng.choice(len(self.words), size=int(sizes.sum()), p=shares(self.weights)), sizes
        sizes = np.minimum(sizes, len(self.words))
        return _drawn_apart(np.array(self.weights), sizes, rng), sizes


def _drawn_apart(weights: npt.NDArray[np.float64], sizes: Places, rng: np.random.Generator) -> Places:
    """Weighted draws without replacement, row by row (Efraimidis and Spirakis, Information Processing Letters 2006)."""
    at_once = max(1, _MOST_KEYS // len(weights))
    drawn: list[Places] = [np.empty(0, dtype=np.int64)]
    for start in range(0, len(sizes), at_once):
        some = sizes[start : start + at_once]
        order = np.argsort(rng.exponential(size=(len(some), len(weights))) / weights, axis=1)
        drawn.append(order[np.arange(len(weights)) < some[:, None]])
    return np.concatenate(drawn)


def _weights_apart(wished: npt.NDArray[np.float64], sizes: Weighted) -> npt.NDArray[np.float64]:
    """Weights with which draws without replacement give these shares: draws that take no word twice even them out."""
    rng = np.random.default_rng(0)
    tried = np.minimum(sizes.draw(_TRIED_ROWS, rng), len(wished))
    weights = wished.copy()
    for _ in range(_TRIES):
        counts = np.bincount(_drawn_apart(weights, tried, rng), minlength=len(wished))
        if not counts.sum():
            return wished
        weights *= wished / np.maximum(counts / counts.sum(), 1e-6)
        weights = np.maximum(weights / weights.sum(), 1e-9)
    return weights
