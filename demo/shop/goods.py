"""What the shop sells: categories and products."""

import numpy as np

from demo.shop.arrays import FIRST_DAY, WORDS, Draw, Rows, dates, days, nulled


class Goods:
    """Price and weight go by category; a few products sell far more than all others.

    Attributes:
        tables: categories and products.
        top, typical_quantity, popularity, quality: Of each product, what its buyers know and no table says.
    """

    def __init__(self, draw: Draw, *, per_category: int = 30) -> None:
        rng = draw.rng
        tops = list(WORDS["categories"])
        leaves = [(top, *leaf) for top, group in WORDS["categories"].items() for leaf in group]
        n = len(leaves) * per_category
        leaf = rng.permutation(np.repeat(np.arange(len(leaves)), per_category))
        codes = np.array([row[2] for row in leaves], dtype=object)[leaf]
        price = np.array([row[3] for row in leaves])[leaf] * rng.lognormal(0, 0.45, n)
        price = np.round(np.round(np.maximum(price, 0.5) * 20) / 20 - 0.01, 2)
        weight = np.maximum(20, (price * rng.lognormal(2.6, 0.6, n)).astype(int))
        nouns = draw.pick_by(leaf, {i: row[5] for i, row in enumerate(leaves)})
        self.top = np.array([tops.index(row[0]) for row in leaves])[leaf]
        self.typical_quantity = np.array([row[4] for row in leaves])[leaf]
        self.popularity = 1 / rng.permutation(np.arange(1, n + 1)) ** 0.8
        self.quality = rng.normal(3.9, 0.6, n)
        self.tables: dict[str, Rows] = {
            "categories": {
                "id": np.arange(1, len(tops) + len(leaves) + 1),
                "parent_id": np.array([None] * len(tops) + [tops.index(row[0]) + 1 for row in leaves], dtype=object),
                "name": np.array([*tops, *(row[1] for row in leaves)], dtype=object),
            },
            "products": {
                "id": np.arange(1, n + 1),
                "sku": codes + "-" + (10_000 + 7 * np.arange(n)).astype(str).astype(object),
                "name": draw.pick(WORDS["adjectives"], n) + " " + nouns,
                "category_id": len(tops) + 1 + leaf,
                "price": price,
                "weight_grams": nulled(weight, rng.random(n) < 0.04),
                "active": (rng.random(n) < 0.93).astype(int),
                "introduced_on": dates(FIRST_DAY - days(rng.integers(0, 1_500, n))),
            },
        }
