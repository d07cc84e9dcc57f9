"""An invented database in which whatever must not get into a model can be recognised."""

import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path

import numpy as np

CLIENTS, STAFF, MIN_GROUP = 600, 60, 10
DIGITS = 7  # numbers of fewer stand anywhere by chance
SCHEMA = """
CREATE TABLE staff (
  id INTEGER PRIMARY KEY, name TEXT NOT NULL, grade TEXT NOT NULL, pay REAL NOT NULL,
  boss_id INTEGER REFERENCES staff (id)
);
CREATE TABLE clients (
  id INTEGER PRIMARY KEY, email TEXT NOT NULL UNIQUE, full_name TEXT NOT NULL, phone TEXT NOT NULL, notes TEXT,
  settings JSON NOT NULL, segment TEXT NOT NULL, club TEXT NOT NULL, club_country TEXT NOT NULL, credit REAL NOT NULL,
  points INTEGER NOT NULL, fee DECIMAL(12, 2) NOT NULL, vat DECIMAL(12, 2) NOT NULL, total DECIMAL(12, 2) NOT NULL,
  born DATE NOT NULL, joined TIMESTAMP NOT NULL, left_at TIMESTAMP, visits INTEGER NOT NULL
);
CREATE TABLE visits (
  id INTEGER PRIMARY KEY, client_id INTEGER NOT NULL REFERENCES clients (id), staff_id INTEGER REFERENCES staff (id),
  happened TIMESTAMP NOT NULL, closed TIMESTAMP, room TEXT NOT NULL, weight REAL NOT NULL, fee DECIMAL(12, 2) NOT NULL,
  remark TEXT
);
CREATE TABLE entries (
  visit_id INTEGER NOT NULL REFERENCES visits (id), line INTEGER NOT NULL, product_code TEXT NOT NULL
  REFERENCES products (code), amount REAL NOT NULL, PRIMARY KEY (visit_id, line)
);
CREATE TABLE products (code TEXT PRIMARY KEY, label TEXT NOT NULL, price REAL NOT NULL, secret TEXT NOT NULL);
CREATE TABLE seasons (team TEXT NOT NULL, started TIMESTAMP NOT NULL, score REAL NOT NULL, PRIMARY KEY (team, started));
"""
PLAN = {
    "dataset": "marked",
    "source": "production",
    "targets": ["staging"],
    "tables": {
        "products": {
            "mode": "partial",
            "because": "our own goods",
            "columns": {
                "price": "learn",
                "secret": {"fake": "word"},
                "code": {"keep": True, "because": "printed"},
                "label": "learn",
            },
        }
    },
}
# What no row of these may be recognised by: the columns' values, each shared by fewer than MIN_GROUP rows.
PROTECTED = {
    "staff": ("id", "name", "grade", "pay", "boss_id"),
    "clients": (
        *("id", "email", "full_name", "phone", "notes", "settings", "segment", "club", "credit", "points", "fee"),
        *("vat", "total", "born", "joined", "left_at"),
    ),
    "visits": ("id", "client_id", "staff_id", "happened", "closed", "room", "weight", "fee", "remark"),
    "entries": ("visit_id", "amount"),
    "products": ("price", "label", "secret"),
    "seasons": ("team", "started", "score"),
}


class _Marks:
    """Texts and numbers that are like no other."""

    def __init__(self, rng: np.random.Generator) -> None:
        self._rng = rng

    def word(self) -> str:
        return "".join(self._rng.choice(list("bcdfgjklmnpqrstvwxz"), 9))

    def digits(self) -> str:
        return "".join(self._rng.choice(list("123456789"), 9))

    def instant(self, first: int, days: int) -> datetime:
        seconds = first + int(self._rng.integers(0, days * 86_400))
        return datetime.fromtimestamp(seconds, UTC).replace(tzinfo=None, microsecond=int(self._rng.integers(1, 10**6)))

    def rare(self, common: list[str], rows: int, kind: str) -> list[str]:
        """Common labels, and three that fewer rows share than may come out."""
        labels = [common[at] for at in self._rng.integers(0, len(common), rows)]
        places = self._rng.permutation(rows)[: 3 * (MIN_GROUP - 1)]
        for label, of in zip([f"{kind} {self.word()}" for _ in range(3)], np.split(places, 3), strict=True):
            for place in of.tolist():
                labels[place] = label
        return labels


def build_marked(path: Path) -> None:
    """A seeded database at `path`."""
    rng = np.random.default_rng(11)
    marks = _Marks(rng)
    grades = marks.rare(["junior", "senior"], STAFF, "grade")
    key = [710_000_000_000_003 + 1_000_000_009 * at for at in range(20_000)]
    staff = [
        (key[at], f"{marks.word()} {marks.word()}", grades[at], round(float(rng.lognormal(8, 1)), 6), None)
        for at in range(STAFF)
    ]
    staff = [(*row[:4], None if at == 0 else key[0] if at < 7 else key[1 + at % 6]) for at, row in enumerate(staff)]
    codes = [f"P-{marks.digits()}" for _ in range(40)]
    goods = marks.rare(["tool", "toy"], len(codes), "label")
    products = [
        (code, label, round(float(rng.lognormal(4, 1)), 6), marks.word())
        for code, label in zip(codes, goods, strict=True)
    ]
    clubs = marks.rare(["Reds", "Blues", "Greens"], CLIENTS, "club")
    segments = marks.rare(["private", "business"], CLIENTS, "segment")
    clients, visits, entries = [], [], []
    for at in range(CLIENTS):
        joined = marks.instant(1_300_000_000, 3_000)
        fee = round(float(rng.lognormal(17, 1)), 2)
        extreme = at % 67 == 0
        count = int(rng.poisson(3 if segments[at] == "business" else 1)) + (25 if extreme else 0)
        client = key[1_000 + at]
        document = {"plan": "basic", "limit": round(float(rng.lognormal(7, 1)), 5), "tag": marks.word()}
        clients.append(
            (
                client,
                f"{marks.word()}.{marks.word()}@mail.example",
                f"{marks.word().title()} {marks.word().title()}",
                f"+49 {marks.digits()}",
                None if at % 7 == 0 else f"{marks.word()} said that {marks.word()} would call the {marks.word()} again",
                json.dumps(document),
                segments[at],
                clubs[at],
                "Northland" if clubs[at] == "Reds" else "Southland",
                round(float(rng.normal(5_000, 900)) + (7.1e6 if extreme else 0), 7),
                int(rng.integers(10**12, 10**15)),
                fee,
                round(fee * 0.2, 2),
                round(fee + round(fee * 0.2, 2), 2),
                date.fromordinal(date(1900, 1, 1).toordinal() + (17 * at if extreme else 9_000 + int(rng.integers(3)))),
                joined,
                None if at % 3 else marks.instant(1_570_000_000, 900),
                count,
            )
        )
        happened = sorted(marks.instant(1_600_000_000, 900) for _ in range(count))
        rooms = [f"room {1 + (at + step // 3) % 12}" if at % 50 else f"room {marks.word()}" for step in range(count)]
        for step in range(count):
            visit = key[3_000 + len(visits)]
            boss = staff[int(rng.integers(0, STAFF))][0]
            length = int(rng.integers(10**6, 10**11))
            closed = datetime.fromtimestamp(happened[step].replace(tzinfo=UTC).timestamp() + length / 10**6, UTC)
            visits.append(
                (
                    *(visit, client, None if rng.random() < 0.2 else boss, happened[step]),
                    None if rng.random() < 0.3 else closed.replace(tzinfo=None),
                    *(rooms[step], round(float(rng.lognormal(2, 2)), 8), fee, f"{marks.word()} {marks.digits()}"),
                )
            )
            entries += [
                (visit, line, codes[int(rng.integers(0, 40))], round(float(rng.lognormal(2, 2)), 8))
                for line in range(1, 2 + int(rng.integers(0, 4)))
            ]
    teams = [*(f"team {letter}" for letter in "ABCDEF"), *(f"team {marks.word()}" for _ in range(4))]
    seasons = [
        (team, marks.instant(1_200_000_000, 5_000), round(float(rng.normal(40, 9)), 9))
        for team in teams
        for _ in range(60 if len(team) < 8 else 5)
    ]
    rows = {
        "staff": staff, "products": products, "clients": clients, "visits": visits, "entries": entries,
        "seasons": seasons,
    }  # fmt: skip
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.executescript(SCHEMA)
        for table, of in rows.items():
            written = [[str(v) if isinstance(v, date) else v for v in row] for row in of]
            marks_of = ",".join("?" * len(written[0]))
            connection.executemany(f"INSERT INTO {table} VALUES ({marks_of})", written)


@dataclass(frozen=True)
class Protected:
    """What must be in no file of a model: by value, the column that holds it.

    Attributes:
        texts: Values and the marks within them.
        numbers: Numbers as they are; decimals in their last digit, too; times in seconds, milli-, micro- and
            nanoseconds and in days since 1970.
    """

    texts: dict[str, str]
    numbers: dict[float, str]


def protected_values(path: Path) -> Protected:
    """Read from the database itself: in each column of PROTECTED what fewer than MIN_GROUP rows share."""
    texts: dict[str, str] = {}
    numbers: dict[float, str] = {}
    with closing(sqlite3.connect(path)) as connection:
        for table, columns in PROTECTED.items():
            for column in columns:
                place = f"{table}.{column}"
                counted = connection.execute(f"SELECT {column}, count(*) FROM {table} GROUP BY 1").fetchall()
                for value in (value for value, rows in counted if value is not None and rows < MIN_GROUP):
                    for form in _forms(value, place):
                        if isinstance(form, str):
                            texts[form] = place
                        elif len(repr(form).strip("-.0")) >= DIGITS or form < 0:
                            numbers[form] = place
    return Protected(texts, numbers)


def _forms(value: str | float, place: str) -> Iterator[str | float]:
    yield value if isinstance(value, str) else float(value)
    if place.split(".")[1] in ("fee", "vat", "total"):
        yield float(round(float(value) * 100))
    if place.endswith("settings"):
        document = json.loads(str(value))
        yield from (document["limit"], document["tag"])
    elif place.split(".")[1] in ("born", "joined", "left_at", "happened", "closed", "started"):
        instant = datetime.fromisoformat(str(value)).replace(tzinfo=UTC)
        micros = round((instant - datetime(1970, 1, 1, tzinfo=UTC)).total_seconds() * 10**6)
        yield from (micros / 10**6, micros / 10**3, float(micros), float(micros * 1000))
        if place.endswith("born"):
            yield micros / 86_400e6
    elif isinstance(value, str):
        yield from (word for word in value.replace("@", " ").replace(".", " ").split() if _is_mark(word))


def _is_mark(word: str) -> bool:
    return len(word) >= 9 and (word.isdigit() or not set(word.lower()) & set("aeiou"))
