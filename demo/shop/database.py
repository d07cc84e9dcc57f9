"""All tables, and the SQLite file that holds them."""

import sqlite3
from pathlib import Path

from demo.shop.arrays import Draw, Rows
from demo.shop.goods import Goods
from demo.shop.people import People, employees
from demo.shop.texts import audit_log, reviews
from demo.shop.trade import Trade


def tables(*, seed: int, customers: int) -> dict[str, Rows]:
    """Every table of the shop, column by column, parents before children."""
    draw = Draw(seed)
    people = People(draw, customers=customers)
    goods = Goods(draw)
    staff = employees(draw)
    trade = Trade(draw, people, goods, staff)
    return {
        **people.tables,
        **goods.tables,
        "employees": staff,
        **trade.tables,
        "reviews": reviews(draw, goods, trade),
        "audit_log": audit_log(draw, customers=people.tables["customers"], employees=staff, number=customers * 3 // 4),
    }


def build(path: Path, *, seed: int = 2026, customers: int = 4_000) -> dict[str, int]:
    """Writes the database to `path`, replacing one that is there, and returns the number of rows by table."""
    shop = tables(seed=seed, customers=customers)
    unfinished = path.with_name(f"{path.name}.unfinished")
    unfinished.unlink(missing_ok=True)
    connection = sqlite3.connect(unfinished)
    connection.executescript(Path(__file__).with_name("schema.sql").read_text(encoding="utf-8"))
    for name, rows in shop.items():
        marks = ", ".join("?" * len(rows))
        values = zip(*(column.tolist() for column in rows.values()), strict=True)
        connection.executemany(f"INSERT INTO {name} ({', '.join(rows)}) VALUES ({marks})", values)
    connection.commit()
    connection.close()
    unfinished.replace(path)
    return {name: len(next(iter(rows.values()))) for name, rows in shop.items()}
