"""What is written down: reviews by customers, a log by the shop's own software."""

import json

import numpy as np

from demo.shop.arrays import DAYS, LAST_MOMENT, WORDS, Draw, Rows, days, nulled, seconds, times
from demo.shop.goods import Goods
from demo.shop.trade import Trade


def reviews(draw: Draw, goods: Goods, trade: Trade) -> Rows:
    """Of things that were delivered, one a customer and product; the words follow the rating, it the product."""
    rng = draw.rng
    delivered = np.flatnonzero(trade.status[trade.line_order] == "delivered")
    reviewed = delivered[rng.random(len(delivered)) < 0.2]
    written = trade.delivered[trade.line_order[reviewed]] + days(rng.gamma(1.5, 6, len(reviewed)))
    lines, written = reviewed[written <= LAST_MOMENT], written[written <= LAST_MOMENT]
    pairs = np.stack([trade.line_product[lines], trade.customer[trade.line_order[lines]]])
    once = np.sort(np.unique(pairs, axis=1, return_index=True)[1])
    written, (product, customer) = written[once], pairs[:, once]
    n = len(written)
    rating = np.clip(np.round(goods.quality[product] + rng.normal(0, 1, n)), 1, 5).astype(int)
    stars = rating.astype(str).astype(object)
    body = draw.pick_by(stars, WORDS["review_openings"])
    longer = rng.integers(0, 4, n)
    for sentence in range(3):
        more = np.flatnonzero(longer > sentence)
        body[more] += " " + draw.pick(WORDS["review_details"], len(more))
    given = draw.pick([name for names in WORDS["given_names"].values() for name in names], n)
    family = draw.pick([name for names in WORDS["family_names"].values() for name in names], n)
    numbers = rng.integers(2, 15, n)
    filled = [
        text.format(n=number, name=name, family=surname)
        for text, number, name, surname in zip(body, numbers, given, family, strict=True)
    ]
    return {
        "id": np.arange(1, n + 1),
        "product_id": product + 1,
        "customer_id": customer + 1,
        "rating": rating,
        "title": nulled(draw.pick_by(stars, WORDS["review_titles"]), rng.random(n) < 0.25),
        "body": np.array(filled, dtype=object),
        "created_at": times(written),
    }


def audit_log(draw: Draw, *, customers: Rows, employees: Rows, number: int) -> Rows:
    """What nobody needs in a test database: who looked at whom, from where."""
    email = draw.pick(customers["email"], number)
    octets = draw.rng.integers(1, 255, (number, 2))
    details = [json.dumps({"customer": e, "ip": f"10.0.{a}.{b}"}) for e, (a, b) in zip(email, octets, strict=True)]
    return {
        "id": np.arange(1, number + 1),
        "occurred_at": times(np.sort(LAST_MOMENT - seconds(draw.rng.integers(0, DAYS * 86_400, number)))),
        "employee_id": draw.pick(employees["id"], number),
        "action": draw.pick(WORDS["audit_actions"], number, np.array([0.5, 0.1, 0.1, 0.15, 0.1, 0.05])),
        "details": np.array(details, dtype=object),
    }
