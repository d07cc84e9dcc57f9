"""JSON documents: the keys that many documents share, and new values for them, path by path."""

import json
import math
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Literal, TypeAlias

import numpy as np
import numpy.typing as npt
import polars as pl
from pydantic import JsonValue

from synth_assets.catalog.model import Value
from synth_assets.plan.resolved import PathDecision, Treatment
from synth_assets.synthesize.rules.documents import INVENTED, INVENTED_NUMBER, parsed_documents
from synth_assets.synthesize.rules.patterns import Weighted, shares
from synth_assets.synthesize.rules.shared_words import SharedWords
from synth_assets.synthesize.rules.texts import TextModel, fit_lengths, value_counts

_QUANTILES = 41
_MOST_CATEGORIES = 50
_NEARLY_ALL = 0.95
_MOST_REPEATS = 1_000

Kind: TypeAlias = Literal[
    "null", "boolean", "number", "string", "array", "object", "fixed", "invented", "invented number"
]
_INVENTED_AS: Mapping[Kind, Kind] = {"null": "null", "number": "invented number"}
Paths: TypeAlias = Mapping[str, PathDecision]
Held: TypeAlias = tuple[JsonValue, int]


class Numbers(Value):
    """Numbers at equal steps of their distribution, without the outermost that too few values reach.

    Each point lies halfway to the next number, unless enough values share it: nobody's.
    """

    quantiles: tuple[float, ...]
    decimals: int

    @classmethod
    def fit(cls, numbers: Sequence[float], min_group: int) -> "Numbers":
        ordered = np.sort(np.array(numbers, dtype=np.float64))
        margin = min(min_group - 1, (len(ordered) - 1) // 2)
        places = np.linspace(margin, len(ordered) - 1 - margin, _QUANTILES).round().astype(np.intp)
        points = [_between(ordered, place, min_group) for place in places.tolist()]
        decimals = max(_decimals(number) for number in numbers[:1000])
        return cls(quantiles=tuple(points), decimals=decimals)

    def draw(self, n: int, rng: np.random.Generator) -> list[JsonValue]:
        drawn = np.interp(rng.random(n), np.linspace(0, 1, len(self.quantiles)), self.quantiles).round(self.decimals)
        return [int(number) for number in drawn.tolist()] if self.decimals == 0 else drawn.tolist()


def _between(ordered: npt.NDArray[np.float64], place: int, min_group: int) -> float:
    """The number at a place if `min_group` values share it, else the middle to its neighbour towards the median.

    A number without a neighbour is rounded to its first digit.
    """
    number = ordered[place]
    first, last = np.searchsorted(ordered, number, "left"), np.searchsorted(ordered, number, "right")
    if last - first >= min_group:
        return float(number)
    beside = last if place < len(ordered) // 2 else first - 1
    return float((number + ordered[beside]) / 2) if 0 <= beside < len(ordered) else float(f"{number:.0e}")


class Member(Value):
    """One key of an object, and the share of the objects that have it."""

    key: str
    share: float
    node: "Node"


class Node(Value):
    """The values at one path.

    Attributes:
        kinds: What they are, with weights; `fixed` is the plan's constant, what is invented is put in later.
        categories: Texts, if they are few and each is shared by min_group documents; otherwise `texts` makes new ones.
        words: Of arrays of nothing but texts that are few and shared so; otherwise `element` makes the elements.
    """

    kinds: tuple[tuple[Kind, float], ...]
    fixed: JsonValue = None
    true_share: float = 0.5
    numbers: Numbers | None = None
    categories: tuple[tuple[str, float], ...] = ()
    texts: TextModel | None = None
    sizes: Weighted | None = None
    words: SharedWords | None = None
    element: "Node | None" = None
    members: tuple[Member, ...] = ()

    @classmethod
    def fit(cls, values: Sequence[Held], *, min_group: int, paths: Paths, path: str = "$") -> "Node":
        """Learn from the values at a path, each with the number of the document that holds it."""
        if path in paths and paths[path].treatment is not Treatment.LEARN:
            return cls._replaced([value for value, _ in values], paths[path])
        by_kind: dict[Kind, list[Held]] = {}
        for value, document in values:
            by_kind.setdefault(_kind(value), []).append((value, document))
        least = min(min_group, max(len(found) for found in by_kind.values()))
        kept = {kind: found for kind, found in by_kind.items() if len(found) >= least}
        booleans = [value is True for value, _ in kept.get("boolean", [])]
        texts = [(str(value), document) for value, document in kept.get("string", [])]
        arrays = [(value, document) for value, document in kept.get("array", []) if isinstance(value, list)]
        elements = [(element, document) for array, document in arrays for element in array]
        numbers = [float(v) for v, _ in kept.get("number", []) if isinstance(v, int | float) and math.isfinite(v)]
        categories = _categories(texts, min_group)
        sizes = fit_lengths(np.array([len(array) for array, _ in arrays]), min_group) if arrays else None
        return cls(
            kinds=tuple((kind, float(len(found))) for kind, found in sorted(kept.items())),
            true_share=float(np.mean(booleans)) if booleans else 0.5,
            numbers=Numbers.fit(numbers, min_group) if numbers else None,
            categories=categories,
            texts=_texts(texts, min_group) if texts and not categories else None,
            sizes=sizes,
            words=_words(arrays, sizes, min_group) if sizes and f"{path}[*]" not in paths else None,
            element=cls.fit(elements, min_group=min_group, paths=paths, path=f"{path}[*]") if elements else None,
            members=_members(
                [(v, at) for v, at in kept.get("object", []) if isinstance(v, dict)], min_group, paths, path
            ),
        )

    @classmethod
    def _replaced(cls, values: Sequence[JsonValue], decision: PathDecision) -> "Node":
        """The values of a path that the plan fixes, or that are invented where they are not null."""
        if decision.treatment is not Treatment.FAKE:
            return cls(kinds=(("fixed", 1.0),), fixed=decision.options.get("value"))
        kinds = Counter[Kind](_INVENTED_AS.get(_kind(value), "invented") for value in values)
        return cls(kinds=tuple((kind, float(count)) for kind, count in sorted(kinds.items())))

    @property
    def is_shared(self) -> bool:
        """Whether all that is drawn is shared by many documents: nothing but categories, words and truth values."""
        elements = self.words is not None or self.element is None or self.element.is_shared
        members = all(member.node.is_shared for member in self.members)
        return self.numbers is None and self.texts is None and elements and members

    def draw(self, n: int, rng: np.random.Generator) -> list[JsonValue]:
        which = rng.choice(len(self.kinds), size=n, p=shares([weight for _, weight in self.kinds]))
        drawn: list[JsonValue] = [None] * n
        for place, (kind, _) in enumerate(self.kinds):
            rows = np.flatnonzero(which == place)
            for row, value in zip(rows.tolist(), self._draw_kind(kind, len(rows), rng), strict=True):
                drawn[row] = value
        return drawn

    def _draw_kind(self, kind: Kind, n: int, rng: np.random.Generator) -> list[JsonValue]:
        if kind == "fixed":
            return [self.fixed] * n
        if kind == "invented":
            return [INVENTED] * n
        if kind == "invented number":
            return [INVENTED_NUMBER] * n
        if kind == "boolean":
            return [bool(value) for value in rng.random(n) < self.true_share]
        if kind == "number" and self.numbers:
            return self.numbers.draw(n, rng)
        if kind == "string" and self.categories:
            places = rng.choice(len(self.categories), size=n, p=shares([weight for _, weight in self.categories]))
            return [self.categories[place][0] for place in places]
        if kind == "string" and self.texts:
            return list(self.texts.draw(n, rng).to_list())
        if kind == "array" and self.sizes:
            return self._draw_arrays(self.sizes.draw(n, rng), rng)
        if kind == "object":
            return self._draw_objects(n, rng)
        return [None] * n

    def _draw_arrays(self, sizes: np.ndarray, rng: np.random.Generator) -> list[JsonValue]:
        elements: list[JsonValue]
        if self.words:
            places, sizes = self.words.draw(sizes, rng)
            elements = [self.words.words[place] for place in places.tolist()]
        else:
            elements = self.element.draw(int(sizes.sum()), rng) if self.element else []
        ends = np.cumsum(sizes)
        return [elements[end - size : end] for end, size in zip(ends.tolist(), sizes.tolist(), strict=True)]

    def _draw_objects(self, n: int, rng: np.random.Generator) -> list[JsonValue]:
        objects: list[dict[str, JsonValue]] = [{} for _ in range(n)]
        for member in self.members:
            rows = np.flatnonzero(rng.random(n) < member.share).tolist()
            for row, value in zip(rows, member.node.draw(len(rows), rng), strict=True):
                objects[row][member.key] = value
        return list(objects)


class JsonModel(Value):
    """A column of JSON documents."""

    type: Literal["json"] = "json"
    root: Node
    compact: bool

    @classmethod
    def fit(cls, values: pl.Series, *, min_group: int, paths: Sequence[PathDecision] = ()) -> "JsonModel":
        """Learn from texts of JSON; those that cannot be parsed are left out.

        Args:
            paths: What is replaced rather than learned.
        """
        counts = value_counts(values)
        parsed = [d for text, rows in counts.items() for d in parsed_documents([text]) * min(rows, _MOST_REPEATS)]
        decided = {one.path: one for one in paths}
        compact = sum('": ' in text for text in counts) * 2 < len(counts)
        held: list[Held] = list(zip(parsed or [{}], range(max(1, len(parsed))), strict=True))
        return cls(root=Node.fit(held, min_group=min_group, paths=decided), compact=compact)

    def draw(self, n: int, rng: np.random.Generator) -> pl.Series:
        return self.encode(self.root.draw(n, rng))

    def encode(self, documents: Sequence[JsonValue]) -> pl.Series:
        separators = (",", ":") if self.compact else (", ", ": ")
        encode = json.JSONEncoder(ensure_ascii=False, separators=separators).encode
        return pl.Series([encode(document) for document in documents], dtype=pl.String)


def cut_documents(values: pl.Series, length: int) -> pl.Series:
    """A document too long for its column would be no JSON if it were cut: it becomes an empty one."""
    return values.to_frame("json").select(
        pl.when(pl.col("json").str.len_chars() <= length).then(pl.col("json")).otherwise(pl.lit("{}"))
    )["json"]


def holds_json(values: pl.Series) -> bool:
    """Whether a column of texts is made of JSON objects or arrays."""
    sample = values.cast(pl.String).drop_nulls().head(1000)
    looks = sample.str.contains(r"^\s*[\[{]")
    if not len(sample) or looks.mean() != 1:
        return False
    return len(parsed_documents(sample.to_list())) >= _NEARLY_ALL * len(sample)


def _members(
    objects: list[tuple[dict[str, JsonValue], int]], min_group: int, paths: Paths, path: str
) -> tuple[Member, ...]:
    """The keys that enough documents hold, however many objects of one document hold them."""
    holders = Counter(key for value, _ in objects for key in value)
    documents = Counter(key for key, _ in dict.fromkeys((key, at) for value, at in objects for key in value))
    shared = [key for key, count in documents.items() if count >= min_group]
    return tuple(
        Member(
            key=key,
            share=holders[key] / len(objects),
            node=Node.fit(
                [(value[key], at) for value, at in objects if key in value],
                min_group=min_group,
                paths=paths,
                path=f"{path}.{key}",
            ),
        )
        for key in shared
    )


def _categories(texts: list[tuple[str, int]], min_group: int) -> tuple[tuple[str, float], ...]:
    counts = Counter(text for text, _ in texts)
    if len(counts) > min(_MOST_CATEGORIES, len(texts) // 10):
        return ()
    documents = Counter(text for text, _ in set(texts))
    shared = tuple((text, float(count)) for text, count in sorted(counts.items()) if documents[text] >= min_group)
    return shared if sum(count for _, count in shared) >= _NEARLY_ALL * len(texts) else ()


def _texts(texts: list[tuple[str, int]], min_group: int) -> TextModel:
    return TextModel.fit(pl.Series([text for text, _ in texts]), min_group=min_group)


def _words(arrays: list[tuple[list[JsonValue], int]], sizes: Weighted, min_group: int) -> SharedWords | None:
    """None where anything but texts stands in the arrays, or where a document holds several of them."""
    rows = [[element for element in array if isinstance(element, str)] for array, _ in arrays]
    if any(len(row) < len(array) for row, (array, _) in zip(rows, arrays, strict=True)):
        return None
    if len({document for _, document in arrays}) < len(arrays):
        return None
    return SharedWords.fit(rows, repeats=[1] * len(rows), sizes=sizes, min_group=min_group)


def _kind(value: JsonValue) -> Kind:
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "boolean"
    if isinstance(value, int | float):
        return "number"
    if isinstance(value, str):
        return "string"
    return "array" if isinstance(value, list) else "object"


def _decimals(number: float) -> int:
    text = f"{number:.9f}".rstrip("0")
    return len(text.partition(".")[2])
