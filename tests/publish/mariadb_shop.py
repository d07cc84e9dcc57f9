"""A small shop in MariaDB or MySQL, and what tests ask a target."""

import datetime
from decimal import Decimal
from typing import Any

import polars as pl
import pymysql
import sqlalchemy

from synth_assets.publish.naming import lock_key, previous_schema

SHOP = r"""
CREATE TABLE customers (
  id bigint unsigned NOT NULL AUTO_INCREMENT, email varchar(80) COLLATE utf8mb4_bin NOT NULL,
  mood enum('sad','it''s ok','happy') DEFAULT 'sad', moods set('a','b'), points int CHECK (points > 0),
  favourite int, born date, seen timestamp(6) NULL DEFAULT current_timestamp(6) ON UPDATE current_timestamp(6),
  extra json, ref uuid, photo varbinary(9), PRIMARY KEY (id), UNIQUE KEY email_once (email)) COMMENT 'It''s \\ ours';
CREATE TABLE orders (
  id int NOT NULL AUTO_INCREMENT PRIMARY KEY, customer_id bigint unsigned NOT NULL COMMENT 'A note', parent_id int,
  total decimal(10,2) DEFAULT 0.00, note text DEFAULT (concat('it','''s')),
  tax decimal(12,3) GENERATED ALWAYS AS (total * 0.2) STORED, KEY big (total DESC), FULLTEXT KEY words (note),
  CONSTRAINT whole CHECK (total >= 0 OR note <> 'a\\'),
  CONSTRAINT of_customer FOREIGN KEY (customer_id) REFERENCES customers (id) ON DELETE CASCADE,
  CONSTRAINT of_order FOREIGN KEY (parent_id) REFERENCES orders (id));
ALTER TABLE customers ADD CONSTRAINT favourite_order FOREIGN KEY (favourite) REFERENCES orders (id) ON DELETE SET NULL;
CREATE TABLE `order lines` (order_id int, line int, sku text, PRIMARY KEY (order_id, line), KEY start (sku(3)),
  CONSTRAINT of_order_line FOREIGN KEY (order_id) REFERENCES orders (id));
CREATE TABLE nothing (a text, b int INVISIBLE DEFAULT 3) ROW_FORMAT=COMPRESSED
"""
# By dialect: MySQL has no type for UUIDs.
SHOPS = {"mariadb": SHOP, "mysql": SHOP.replace("ref uuid", "ref char(36)")}


def shop_frames(refresh: int, rows: int = 200) -> dict[str, pl.DataFrame]:
    """Rows in which every customer, order and line carries the number of its refresh."""
    ids = list(range(1, rows + 1))
    at = datetime.datetime(2024, 1, 2, 3, 4, 5, 6, tzinfo=datetime.UTC)
    return {
        "customers": pl.DataFrame(
            {
                "id": pl.Series(ids, dtype=pl.UInt64),
                "email": [f"{n}@{refresh}.example" for n in ids],
                "mood": ["it's ok" if n % 2 else None for n in ids],
                "moods": ["a,b" for _ in ids],
                "points": ids,
                "favourite": [n if n % 3 else None for n in ids],
                "born": [datetime.date(1980, 1, 1) for _ in ids],
                "seen": [at for _ in ids],
                "extra": ['{"a": 1.10}' for _ in ids],
                "ref": ["7f000000-0000-4000-8000-000000000001" for _ in ids],
                "photo": [b"\x00\xff" if n % 2 else b"" for n in ids],
            }
        ),
        "orders": pl.DataFrame(
            {
                "id": ids,
                "customer_id": pl.Series(ids, dtype=pl.UInt64),
                "parent_id": [n - 1 if n > 1 else None for n in ids],
                "total": pl.Series([Decimal(n) / 4 for n in ids], dtype=pl.Decimal(10, 2)),
                "note": [f"refresh {refresh}" for _ in ids],
            }
        ),
        "order lines": pl.DataFrame({"order_id": ids, "line": [1] * rows, "sku": [f"{refresh}-{n}" for n in ids]}),
        "nothing": pl.DataFrame(schema={"a": pl.String, "b": pl.Int64}),
    }


def connected(url: str, **options: Any) -> "pymysql.Connection[Any]":
    """A new connection in autocommit mode."""
    place = sqlalchemy.make_url(url)
    return pymysql.connect(
        host=place.host or "",
        port=place.port or 0,
        user=place.username,
        password=place.password or "",
        database=place.database,
        autocommit=True,
        charset="utf8mb4",
        init_command="SET SESSION time_zone = '+00:00'",
        **options,
    )


def rows_of(url: str, sql: str) -> list[tuple[Any, ...]]:
    with connected(url) as connection, connection.cursor() as cursor:
        cursor.execute(sql)
        return list(cursor.fetchall())


def own_databases(url: str, dataset: str = "shop") -> list[str]:
    """Kinds of the databases that publishing a dataset into this one left on the server."""
    found = rows_of(
        url, r"SELECT schema_name FROM information_schema.schemata WHERE schema_name LIKE 'synth\_assets\_%'"
    )
    mine = previous_schema(lock_key(dataset, url.rpartition("/")[2])).rpartition("_")[2]
    return sorted(name.split("_")[2] for (name,) in found if name.split("_")[3] == mine)
