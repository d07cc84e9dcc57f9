"""Who buys and who works there: countries, customers, addresses, loyalty cards, employees."""

import json

import numpy as np

from demo.shop.arrays import (
    DAYS,
    FIRST_DAY,
    LAST_MOMENT,
    WORDS,
    Array,
    Draw,
    Rows,
    dates,
    days,
    emails,
    nulled,
    seconds,
    sigmoid,
    times,
)

SEGMENTS = np.array(["consumer", "business", "wholesale"], dtype=object)
COUNTRIES = WORDS["countries"]
CODES = np.array([country[0] for country in COUNTRIES], dtype=object)
LANGUAGES = np.array([country[5] for country in COUNTRIES], dtype=object)
CALLING_CODES = np.array([country[3] for country in COUNTRIES], dtype=object)
GERMANY = 2


class People:
    """Customers and what is known of them.

    Attributes:
        tables: countries, customers, addresses, loyalty_cards.
        segment, country, age, joined: Of each customer: indexes into SEGMENTS and COUNTRIES, years, moment.
        address_owner: Of each address, the index of its customer.
    """

    def __init__(self, draw: Draw, *, customers: int) -> None:
        self.draw, self.rng = draw, draw.rng
        share = np.array([country[4] for country in COUNTRIES])
        self.country = self.rng.choice(len(COUNTRIES), customers, p=share / share.sum())
        self.segment = self.rng.choice(3, customers, p=[0.82, 0.14, 0.04])
        self.segment[(self.country == GERMANY) & (self.rng.random(customers) < 0.12)] = 1
        older = np.where(self.country == GERMANY, 5.5, 4.0)
        self.age = 18 + np.minimum(self.rng.gamma(older, 6.5), 72)
        self.joined = FIRST_DAY + seconds(np.sort(DAYS * 86_400 * self.rng.random(customers) ** 0.8))
        fields = ("code", "name", "currency", "calling_code")
        self.tables: dict[str, Rows] = {
            "countries": {
                field: np.array([country[i] for country in COUNTRIES], dtype=object) for i, field in enumerate(fields)
            },
            "customers": self.customers(),
        }
        self.tables["addresses"] = self.addresses()
        self.tables["loyalty_cards"] = self.loyalty_cards()

    def customers(self) -> Rows:
        """Segment, country, age and consent depend on each other; phone and birth date are missing by pattern."""
        n = len(self.segment)
        company = self.segment > 0
        first, last = self.draw.names(LANGUAGES[self.country])
        domain = self.draw.pick(["example.com", "example.org", "mail.example.net"], n, np.array([0.6, 0.25, 0.15]))
        domain[company] = self.draw.pick(["company.example", "trade.example"], int(company.sum()))
        continental = np.isin(self.country, [2, 3, 4, 5, 6])
        consent = self.rng.random(n) < sigmoid(1.1 - 0.03 * (self.age - 30) - 0.9 * continental + 0.5 * company)
        referrer = (np.arange(n) * self.rng.random(n) ** 2).astype(int) + 1
        alone = (self.rng.random(n) > np.where(company, 0.08, 0.24)) | (referrer > np.arange(n))
        calling = CALLING_CODES[self.country]
        phone = calling + " " + self.rng.integers(10**8, 10**9, n).astype(str).astype(object)
        born = dates(LAST_MOMENT - days(self.age * 365.25))
        return {
            "id": np.arange(1, n + 1),
            "first_name": first,
            "last_name": last,
            "email": emails(first, last, domain),
            "phone": nulled(phone, self.rng.random(n) < np.where(self.age < 32, 0.3, 0.08)),
            "birth_date": nulled(born, self.rng.random(n) < np.where(company, 0.8, 0.05)),
            "segment": SEGMENTS[self.segment],
            "country_code": CODES[self.country],
            "marketing_consent": consent.astype(int),
            "preferences": self.preferences(consent),
            "referred_by": nulled(referrer, alone),
            "default_address_id": np.full(n, None, dtype=object),
            "created_at": times(self.joined),
        }

    def preferences(self, consent: Array) -> Array:
        n = len(consent)
        frequency = self.draw.pick(["daily", "weekly", "monthly"], n, np.array([0.1, 0.5, 0.4]))
        frequency[~consent] = "never"
        themes = np.array(sorted(WORDS["categories"]), dtype=object)
        liked = self.rng.random((n, len(themes))) < 0.25
        languages = LANGUAGES[self.country]
        values = np.array(
            [
                json.dumps({"newsletter": often, "language": language[:2], "themes": themes[mask].tolist()})
                for often, language, mask in zip(frequency, languages, liked, strict=True)
            ],
            dtype=object,
        )
        return nulled(values, ~consent & (self.rng.random(n) < 0.6))

    def addresses(self) -> Rows:
        """Most customers have one address, companies more, a few none; the first is the default."""
        customers = len(self.segment)
        more = self.rng.poisson(np.array([0.2, 0.7, 1.6])[self.segment])
        many = np.where(self.rng.random(customers) < 0.05, 0, 1 + more)
        owner = np.repeat(np.arange(customers), many)
        n = len(owner)
        position = np.arange(n) - np.repeat(np.cumsum(many) - many, many)
        streets = self.draw.pick_by(LANGUAGES[self.country[owner]], WORDS["streets"])
        numbers = self.rng.integers(1, 190, n)
        private = np.where(position == 0, "home", self.draw.pick(["home", "work", "billing"], n))
        trade = self.draw.pick(["work", "billing", "warehouse"], n, np.array([0.55, 0.25, 0.2]))
        self.address_owner = owner
        first = np.flatnonzero(position == 0)
        self.tables["customers"]["default_address_id"][owner[first]] = first + 1
        return {
            "id": np.arange(1, n + 1),
            "customer_id": owner + 1,
            "label": np.where(self.segment[owner] > 0, trade, private),
            "street": np.array([s.format(n=number) for s, number in zip(streets, numbers, strict=True)], dtype=object),
            "postal_code": np.char.zfill(self.rng.integers(1_000, 99_999, n).astype(str), 5).astype(object),
            "city": self.draw.pick_by(self.country[owner], {i: row[7] for i, row in enumerate(COUNTRIES)}),
            "country_code": CODES[self.country[owner]],
        }

    def loyalty_cards(self) -> Rows:
        """One card a customer at most; the tier follows the points."""
        holders = np.flatnonzero(self.rng.random(len(self.age)) < sigmoid(-1.4 + 0.02 * self.age - 1.5 * self.segment))
        n = len(holders)
        points = (self.rng.pareto(1.6, n) * 220).astype(int)
        issued = self.joined[holders] + (LAST_MOMENT - self.joined[holders]) * self.rng.random(n) ** 2
        digits = self.rng.choice(90_000_000, n, replace=False) + 10_000_000
        return {
            "customer_id": holders + 1,
            "card_number": np.array([f"{d // 10_000}-{d % 10_000:04d}" for d in digits], dtype=object),
            "tier": np.array(["bronze", "silver", "gold"], dtype=object)[np.digitize(points, [300, 1_500])],
            "points": points,
            "issued_on": dates(issued),
        }


def employees(draw: Draw, *, number: int = 120) -> Rows:
    """A tree of managers; salary by department, seniority and rank."""
    rng = draw.rng
    managers = [None] + [int(rng.integers(0, max(1, i // 6))) + 1 for i in range(1, number)]
    manager = np.array(managers, dtype=object)
    heads = manager == 1
    departments = WORDS["departments"]
    department = rng.choice(len(departments), number, p=[row[1] for row in departments])
    department[heads] = np.arange(heads.sum()) % len(departments)
    years = rng.gamma(2, 3, number)
    base = np.array([row[2] for row in departments])[department]
    rank = np.where(np.arange(number) == 0, 3.2, np.where(heads, 1.8, 1.0))
    first, last = draw.names(draw.pick(["english", "german", "french"], number, np.array([0.6, 0.3, 0.1])))
    return {
        "id": np.arange(1, number + 1),
        "manager_id": manager,
        "first_name": first,
        "last_name": last,
        "email": emails(first, last, np.full(number, "shop.example", dtype=object)),
        "department": np.array([row[0] for row in departments], dtype=object)[department],
        "salary": np.round(base * rank * (1 + 0.02 * years) * rng.normal(1, 0.06, number), 2),
        "hired_on": dates(LAST_MOMENT - days(365 * years + 30)),
    }
