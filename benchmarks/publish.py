"""How long extracting and publishing a table takes beside the plainest way that PostgreSQL itself has.

    python -m benchmarks.publish [--rows N]

Starts a throw-away server, fills one table of 10 columns with N invented rows (default 1,000,000), and prints, with
ratios: the snapshot against `COPY TO` by psql; load, keys and indexes against `COPY FROM` by psql and then the same key
and indexes; and the longest wait of a reader while a second refresh takes the place of the first.
"""

import argparse
import subprocess
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path

import psycopg
import sqlalchemy

from synth_assets.publish.authorize import authorize
from tests.extract.snapshots import Snapshots
from tests.publish.parts import Dataset, settings
from tests.publish.postgres_shop import run_in
from tests.servers import PostgresServer, postgres_binaries, start_postgres

TABLE = """
CREATE TABLE sales (
  id bigint NOT NULL, customer int NOT NULL, state text NOT NULL, note text, amount numeric(10,2), rate float8,
  day date NOT NULL, at timestamptz NOT NULL, ref uuid, doc jsonb)
"""
INDEXES = """
ALTER TABLE sales ADD CONSTRAINT sales_pkey PRIMARY KEY (id);
CREATE INDEX by_customer ON sales (customer); CREATE INDEX by_day ON sales (day, state);
CREATE INDEX by_note ON sales (note) WHERE note IS NOT NULL;
ANALYZE sales
"""
ROWS = """
INSERT INTO sales SELECT n, n % 50000 * 7919 % 50000, (ARRAY['open', 'paid', 'sent'])[1 + n % 3],
  CASE WHEN n % 4 > 0 THEN md5(n::text) END, (n % 99999) / 100.0, sqrt(n), date '2020-01-01' + (n % 1500),
  timestamptz '2020-01-01' + n * interval '1 minute', md5(n::text)::uuid, jsonb_build_object('a', n, 'b', 'x')
FROM generate_series(1, {rows}) AS n
"""


def timed(work: Callable[[], object]) -> float:
    """Seconds that it takes."""
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def psql(url: str, *commands: str) -> None:
    """Run commands of psql's, each after the other."""
    plain = sqlalchemy.make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)
    options = [option for command in commands for option in ("-c", command)]
    program = str(postgres_binaries() / "psql")
    subprocess.run([program, "-q", "-X", "-v", "ON_ERROR_STOP=1", *options, plain], check=True)


class Reader(threading.Thread):
    """Asks for one row again and again, and remembers the longest time that it waited."""

    def __init__(self, url: str) -> None:
        super().__init__(daemon=True)
        self._url = url.replace("+psycopg", "")
        self._is_over = threading.Event()
        self.longest = 0.0

    def run(self) -> None:
        with psycopg.connect(self._url, autocommit=True) as connection:
            while not self._is_over.is_set():
                asked = time.perf_counter()
                connection.execute("SELECT note FROM sales WHERE id = 5").fetchall()
                self.longest = max(self.longest, time.perf_counter() - asked)

    def stop(self) -> float:
        self._is_over.set()
        self.join()
        return self.longest


def measure(server: PostgresServer, rows: int, folder: Path) -> None:
    source, plain, target = (server.create_database() for _ in range(3))
    run_in(source, TABLE)
    run_in(source, ROWS.format(rows=rows))
    run_in(source, INDEXES)
    snapshots, csv = Snapshots(folder), folder / "sales.csv"
    catalog = snapshots.catalog(source)
    copied_out = timed(lambda: psql(source, f"\\copy sales TO '{csv}' CSV"))
    taken = time.perf_counter()
    tables = snapshots.rows(source, catalog=catalog)
    extracted = time.perf_counter() - taken
    copied_in = timed(lambda: psql(plain, TABLE, f"\\copy sales FROM '{csv}' CSV", INDEXES))
    authorize("staging", settings(), target, {})
    made = Dataset(catalog, tables, snapshots.store)
    made.judge()
    first = made.publish(target)
    reader = Reader(target)
    reader.start()
    again = Dataset(catalog, tables, snapshots.store, refresh="r2")
    again.judge()
    second = again.publish(target)
    stall = reader.stop()
    print(f"{rows:,} rows x {len(catalog.tables[0].columns)} columns")
    print(f"{'':34}{'synth-assets':>14}{'PostgreSQL':>14}{'ratio':>8}")
    lines = {
        "extraction / COPY TO": (extracted, copied_out),
        "load, key, indexes / COPY and these": (first.seconds["stage"], copied_in),
        "  with audit": (first.seconds["stage"] + first.seconds["audit"], copied_in),
    }
    for name, (ours, theirs) in lines.items():
        print(f"{name:34}{ours:>13.2f}s{theirs:>13.2f}s{ours / theirs:>8.2f}")
    print(
        f"swap {second.seconds['swap'] * 1000:.0f} ms; a reader's longest wait in a whole refresh {stall * 1000:.0f} ms"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--rows", type=int, default=1_000_000, help="rows of the table")
    rows = parser.parse_args().rows
    server = start_postgres()
    try:
        with tempfile.TemporaryDirectory() as folder:
            measure(server, rows, Path(folder))
    finally:
        server.stop()


if __name__ == "__main__":
    main()
