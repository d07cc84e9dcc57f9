"""How long extracting and publishing a table takes beside the plainest way that PostgreSQL itself has.

    python -m benchmarks.publish [--rows N] [--repeats N] [--swap-rows N] [--swaps N]

Starts a throw-away server, fills a table of 10 columns with invented rows, and prints medians, with ratios:

- the snapshot against `COPY TO` by psql. psql writes the server's text into a file as it comes. The snapshot holds the
  tables, checks them, and writes typed, compressed, authenticated and encrypted Parquet, and who is held out;
- load, keys, indexes and ANALYZE of a publication against `COPY FROM` by psql and then the same key, indexes and
  ANALYZE. The publication decrypts its rows, and counts what it sends to compare it afterwards.

Processor seconds, the client's and the server's, stand beside: on a busy machine they tell more than the clock does.
Last, how long readers wait while one refresh takes the place of another (benchmarks/publish_swap.py).
"""

import argparse
import os
import subprocess
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from statistics import median

import sqlalchemy

from benchmarks.publish_swap import LOG_SETTINGS, measure_swaps
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
CUSTOMERS = """
CREATE TABLE customers (id int PRIMARY KEY, name text NOT NULL);
INSERT INTO customers SELECT n, 'customer ' || n FROM generate_series(0, 49999) AS n;
ALTER TABLE sales ADD FOREIGN KEY (customer) REFERENCES customers;
ANALYZE customers
"""
_TICKS = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True)
class Cost:
    """Seconds by the clock, and of processors: this process with its children, and the server."""

    wall: float
    client: float
    server: float


class Stopwatch:
    """Costs of works that end every connection that they open."""

    def __init__(self, server: PostgresServer) -> None:
        self._server = server

    def cost(self, work: Callable[[], object]) -> Cost:
        client, server = self._client(), self._processes()
        began = time.perf_counter()
        work()
        wall = time.perf_counter() - began
        return Cost(wall, self._client() - client, self._processes() - server)

    def _client(self) -> float:
        return sum(os.times()[:4])

    def _processes(self) -> float:
        """Seconds of all processes of the server that have ended."""
        time.sleep(0.5)
        fields = Path(f"/proc/{self._server.process}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[13]) + int(fields[14])) / _TICKS


def psql(url: str, *commands: str) -> None:
    """Run commands of psql's, each after the other."""
    plain = sqlalchemy.make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)
    options = [option for command in commands for option in ("-c", command)]
    program = str(postgres_binaries() / "psql")
    subprocess.run([program, "-q", "-X", "-v", "ON_ERROR_STOP=1", *options, plain], check=True)


def measure_rows(server: PostgresServer, *, rows: int, repeats: int, folder: Path) -> None:
    """Extraction and load, each beside the plain way, in turns."""
    source, target = server.create_database(), server.create_database()
    for script in (TABLE, ROWS.format(rows=rows), INDEXES, "VACUUM sales"):
        run_in(source, script)
    snapshots, csv, watch = Snapshots(folder), folder / "sales.csv", Stopwatch(server)
    catalog = snapshots.catalog(source)
    authorize("staging", settings(), target, {})
    # The first snapshot loads the drivers: it is not counted.
    tables = snapshots.rows(source, catalog=catalog)
    out, ours_out, load, publication = ([] for _ in range(4))
    stages = []
    for repeat in range(repeats):
        plain = server.create_database()
        made = Dataset(catalog, tables, snapshots.store, refresh=f"r{repeat}")
        made.judge()
        out.append(watch.cost(lambda: psql(source, f"\\copy sales TO '{csv}' CSV")))
        ours_out.append(watch.cost(lambda: snapshots.rows(source, catalog=catalog)))
        load.append(watch.cost(partial(psql, plain, TABLE, f"\\copy sales FROM '{csv}' CSV", INDEXES)))
        publication.append(watch.cost(lambda: stages.append(made.publish(target).seconds["stage"])))  # noqa: B023
    columns = len(catalog.tables[0].columns)
    print(f"{rows:,} rows x {columns} columns, medians of {repeats}: seconds (client's + server's processor seconds)")
    _print("extraction / COPY TO", ours_out, out)
    stage = median(stages) / median(cost.wall for cost in load)
    print(f"{'load, key, indexes / COPY FROM, these':40}{median(stages):8.2f}{'':44}{stage:6.2f}")
    _print("  with checks before and after, and swap", publication, load)


def _print(name: str, ours: Sequence[Cost], theirs: Sequence[Cost]) -> None:
    texts, walls, processors = [], [], []
    for costs in (ours, theirs):
        wall, client, server = (median(getattr(cost, of) for cost in costs) for of in ("wall", "client", "server"))
        texts.append(f"{wall:8.2f} ({client:5.2f} + {server:5.2f})")
        walls.append(wall)
        processors.append(client + server)
    ratios = f"{walls[0] / walls[1]:6.2f} ({processors[0] / processors[1]:.2f} by CPU)"
    print(f"{name:40}{'  '.join(texts)}{ratios}")


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--rows", type=int, default=1_000_000, help="rows extracted and published")
    parser.add_argument("--repeats", type=int, default=3, help="how often, by either way")
    parser.add_argument("--swap-rows", type=int, default=500_000, help="rows of the tables that change places")
    parser.add_argument("--swaps", type=int, default=20, help="how often they do")
    asked = parser.parse_args()
    server = start_postgres(settings=LOG_SETTINGS | {"autovacuum": "off"})
    try:
        with tempfile.TemporaryDirectory() as folder:
            measure_rows(server, rows=asked.rows, repeats=asked.repeats, folder=Path(folder, "rows"))
            source = server.create_database()
            for script in (TABLE, ROWS.format(rows=asked.swap_rows), INDEXES, CUSTOMERS):
                run_in(source, script)
            measure_swaps(server, source=source, folder=Path(folder, "swaps"), swaps=asked.swaps)
    finally:
        server.stop()


if __name__ == "__main__":
    main()
