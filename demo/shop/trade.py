"""What was bought: orders, their lines, shipments and payments."""

import numpy as np

from demo.shop.arrays import DAYS, FIRST_DAY, LAST_MOMENT, Array, Draw, Rows, days, nulled, seconds, times
from demo.shop.goods import Goods
from demo.shop.people import COUNTRIES, People

MONTH_WEIGHT = np.array([0.8, 0.75, 0.9, 0.95, 1.05, 1.0, 0.85, 0.8, 0.95, 1.05, 1.5, 1.75])
WEEKDAY_WEIGHT = np.array([1.15, 1.05, 1.0, 1.0, 1.1, 0.85, 0.7])  # Monday first
DAYS_TO_COUNTRY = np.array([1.0, 1.2, 2.0, 2.4, 3.2, 2.2, 2.3, 3.0, 3.1, 2.2, 3.4, 3.6])
CHANNELS = np.array(["web", "app", "phone", "store"], dtype=object)
CHANNEL_SHARES = np.array([[0.52, 0.36, 0.04, 0.08], [0.6, 0.08, 0.27, 0.05], [0.3, 0.02, 0.66, 0.02]])  # by segment
TASTES = np.array([[1.2, 1, 1, 0.3, 1, 1.3], [0.3, 0.3, 1.4, 3, 0.3, 0.1], [1, 1, 0.7, 2, 0.8, 0.8]])  # by segment


class Trade:
    """Orders and all that hangs on them.

    Attributes:
        tables: orders, order_lines, shipments, payments, shipment_lines.
        customer, status, ordered, shipped, delivered: Of each order; the moments are planned ones until they happened.
        line_order, line_product: Of each order line, the index of its order and product.
    """

    def __init__(self, draw: Draw, people: People, goods: Goods, employees: Rows) -> None:
        self.draw, self.rng, self.people, self.goods = draw, draw.rng, people, goods
        self.tables: dict[str, Rows] = {"orders": self.orders(employees)}
        self.tables["order_lines"] = self.order_lines()
        self.tables["shipments"], self.tables["shipment_lines"] = self.shipments()
        self.tables["payments"] = self.payments()

    def buyers(self) -> Array:
        """The customer of each order: how many depends on segment, age, country and time since joining."""
        people = self.people
        wealth = np.array([country[6] for country in COUNTRIES])[people.country]
        tenure = (LAST_MOMENT - people.joined) / np.timedelta64(365, "D")
        rate = np.array([1.1, 2.4, 5.0])[people.segment] * wealth * (0.4 + tenure / 2)
        rate *= np.where(people.age < 30, 0.8, 1.1) * self.rng.gamma(0.9, 1 / 0.9, len(rate))
        rate *= np.isin(np.arange(len(rate)), people.address_owner)
        return np.asarray(np.repeat(np.arange(len(rate)), self.rng.poisson(rate)))

    def order_times(self, customer: Array) -> Array:
        """A moment between joining and the last day, more often in season, on busy weekdays and lately."""
        day = FIRST_DAY.astype("datetime64[D]") + np.arange(DAYS)
        weight = MONTH_WEIGHT[day.astype("datetime64[M]").astype(int) % 12]
        weight = weight * WEEKDAY_WEIGHT[(day.astype(int) + 3) % 7] * np.linspace(0.7, 1.3, DAYS)
        reached = np.concatenate([[0.0], np.cumsum(weight)])
        joined = ((self.people.joined[customer] - FIRST_DAY) / np.timedelta64(1, "D")).astype(int)
        start = reached[np.minimum(joined + 1, DAYS - 1)]
        aim = start + self.rng.random(len(customer)) * (reached[-1] - start)
        chosen = np.minimum(np.searchsorted(reached, aim, "right") - 1, DAYS - 1)
        evening = self.rng.random(len(customer)) < np.where(self.people.segment[customer] == 0, 0.6, 0.1)
        hour = self.rng.normal(np.where(evening, 20, 12.5), np.where(evening, 1.5, 3))
        moment = FIRST_DAY + days(chosen) + seconds(np.clip(hour, 0, 23.9) * 3_600)
        return np.asarray(np.clip(moment, self.people.joined[customer], LAST_MOMENT))

    def channels(self, customer: Array) -> Array:
        shares = np.cumsum(CHANNEL_SHARES[self.people.segment[customer]], axis=1)
        chosen = (self.rng.random(len(customer))[:, None] > shares).sum(axis=1)
        return np.asarray(CHANNELS[np.minimum(chosen, len(CHANNELS) - 1)])

    def addresses(self, customer: Array) -> Array:
        """The customer's default address for four orders of five, any of theirs for the others."""
        owner = self.people.address_owner
        first = np.searchsorted(owner, customer)
        many = np.bincount(owner, minlength=len(self.people.segment))[customer]
        other = (self.rng.random(len(customer)) * many).astype(int)
        return first + np.where(self.rng.random(len(customer)) < 0.8, 0, other)

    def orders(self, employees: Rows) -> Rows:
        """Totals come with the lines."""
        customer = self.buyers()
        ordered = self.order_times(customer)
        by_time = np.argsort(ordered, kind="stable")
        self.customer, self.ordered, n = customer[by_time], ordered[by_time], len(customer)
        channel = self.channels(self.customer)
        distance = DAYS_TO_COUNTRY[self.people.country[self.customer]]
        self.shipped = self.ordered + seconds(3_600 * self.rng.lognormal(3.1, 0.6, n))
        self.delivered = self.shipped + seconds(86_400 * distance * self.rng.lognormal(0.1, 0.4, n))
        luck, patience = self.rng.random(n), self.rng.random(n)
        self.status = np.select(
            [
                luck > 0.96,
                (self.delivered <= LAST_MOMENT) & (luck < np.where(channel == "app", 0.08, 0.04)),
                self.delivered <= LAST_MOMENT,
                self.shipped <= LAST_MOMENT,
                patience < 0.4,
            ],
            ["cancelled", "returned", "delivered", "shipped", "pending"],
            "paid",
        ).astype(object)
        self.unshipped = np.isin(self.status, ["pending", "paid", "cancelled"])
        sales = employees["id"][employees["department"] == "Sales"]
        served = self.draw.pick(sales, n, 1 / np.arange(1, len(sales) + 1) ** 0.5)
        return {
            "id": np.arange(1, n + 1),
            "customer_id": self.customer + 1,
            "shipping_address_id": self.addresses(self.customer) + 1,
            "served_by": nulled(served, np.isin(channel, ["web", "app"])),
            "channel": channel,
            "status": self.status,
            "ordered_at": times(self.ordered),
            "shipped_at": nulled(times(self.shipped), self.unshipped),
            "delivered_at": nulled(times(self.delivered), self.unshipped | (self.status == "shipped")),
            "total": np.zeros(n),
        }

    def order_lines(self) -> Rows:
        """Companies buy more lines and quantities, of other things, at a discount; an order's total is their sum."""
        segment = self.people.segment[self.customer]
        many = 1 + self.rng.poisson(np.array([0.9, 1.9, 3.2])[segment])
        order = np.repeat(np.arange(len(many)), many)
        segment, n = segment[order], len(order)
        product = np.empty(n, dtype=int)
        for kind, taste in enumerate(TASTES):
            rows = np.flatnonzero(segment == kind)
            weight = self.goods.popularity * taste[self.goods.top]
            product[rows] = self.rng.choice(len(weight), len(rows), p=weight / weight.sum())
        more = self.goods.typical_quantity[product] * np.array([0.4, 1.6, 9.0])[segment]
        quantity = np.minimum(1 + self.rng.poisson(more * self.rng.gamma(0.7, 1 / 0.7, n)), 500)
        discount = self.draw.pick([0.0, 0.05, 0.1, 0.15], n, np.array([0.7, 0.15, 0.1, 0.05])).astype(float)
        discount = np.maximum(discount, np.array([0.0, 0.05, 0.15])[segment])
        price = self.goods.tables["products"]["price"][product] * (1 - discount)
        cents = np.maximum(np.round(price * 100).astype(int), 1)
        total = np.bincount(order, weights=cents * quantity, minlength=len(many))
        self.line_order, self.line_product = order, product
        self.tables["orders"]["total"] = np.round(total / 100, 2)
        return {
            "order_id": order + 1,
            "line_number": np.arange(n) - np.repeat(np.cumsum(many) - many, many) + 1,
            "product_id": product + 1,
            "quantity": quantity,
            "unit_price": cents / 100,
        }

    def shipments(self) -> tuple[Rows, Rows]:
        """One parcel an order, two for some of the larger ones; every shipped line is in one of them."""
        split = (np.bincount(self.line_order) > 2) & (self.rng.random(len(self.unshipped)) < 0.3)
        many = np.where(self.unshipped, 0, 1 + split)
        order = np.repeat(np.arange(len(many)), many)
        n = len(order)
        second = np.arange(n) != np.searchsorted(order, order)
        later = seconds(43_200 * self.rng.random(n) * second)
        delivered = self.delivered[order] + later
        carriers = ["Parcelway", "Northpost", "Swift Cargo", "Bluebird"]
        near = self.people.country[self.customer[order]] < 2
        here = self.draw.pick(carriers, n, np.array([0.5, 0.4, 0.05, 0.05]))
        abroad = self.draw.pick(carriers, n, np.array([0.15, 0.1, 0.45, 0.3]))
        digits = self.rng.choice(9_000_000, n, replace=False) + 1_000_000
        carrier = np.where(near, here, abroad)
        tracking = [f"{c[:2].upper()}{d}{d % 97:02d}{'ABC'[d % 3]}EU" for c, d in zip(carrier, digits, strict=True)]
        on_its_way = (self.status[order] == "shipped") | (delivered > LAST_MOMENT)
        shipments = {
            "id": np.arange(1, n + 1),
            "order_id": order + 1,
            "carrier": carrier,
            "tracking_number": np.array(tracking, dtype=object),
            "shipped_at": times(self.shipped[order] + later),
            "delivered_at": nulled(times(delivered), on_its_way),
        }
        lines = self.tables["order_lines"]
        sent = np.flatnonzero(many[self.line_order] > 0)
        in_second = (many[self.line_order[sent]] == 2) & (lines["line_number"][sent] > 2)
        return shipments, {
            "shipment_id": np.searchsorted(order, self.line_order[sent]) + in_second + 1,
            "order_id": lines["order_id"][sent],
            "line_number": lines["line_number"][sent],
            "quantity": lines["quantity"][sent],
        }

    def payments(self) -> Rows:
        """Method by segment and amount; only cards have a number, only what was paid has a time."""
        total = self.tables["orders"]["total"]
        n = len(total)
        company, large = self.people.segment[self.customer] > 0, total > 2_000
        card = self.rng.random(n) < np.where(company, np.where(large, 0.1, 0.4), np.where(large, 0.6, 0.85))
        rest = np.where(company, "invoice", np.where(self.rng.random(n) < 0.15, "gift_card", "transfer"))
        method = np.where(card, "card", rest).astype(object)
        numbers = [card_number(int(account)) for account in self.rng.integers(0, 10**9, n)]
        wait = np.where(method == "invoice", self.rng.gamma(4, 5, n), self.rng.random(n) * 0.02)
        paid = self.ordered + seconds(86_400 * wait)
        status = np.select(
            [self.status == "cancelled", (self.status == "pending") | (paid > LAST_MOMENT), self.status == "returned"],
            [self.draw.pick(["failed", "refunded"], n), "open", "refunded"],
            "settled",
        ).astype(object)
        return {
            "id": np.arange(1, n + 1),
            "order_id": np.arange(1, n + 1),
            "method": method,
            "card_number": nulled(np.array(numbers, dtype=object), method != "card"),
            "amount": total,
            "status": status,
            "paid_at": nulled(times(paid), np.isin(status, ["open", "failed"]) | (paid > LAST_MOMENT)),
        }


def card_number(account: int) -> str:
    """Sixteen digits of a range that no bank issues, with a right check digit (Luhn)."""
    digits = f"999999{account:09d}"
    doubled = [2 * int(d) if i % 2 == 0 else int(d) for i, d in enumerate(digits)]
    return digits + str(-sum(d - 9 if d > 9 else d for d in doubled) % 10)
