"""Builds the demo's production database: a shop, with the dependencies and the oddities of a real one.

    python -m demo.shop demo/production.db

Everybody in it is invented. The same seed gives the same rows.
"""

import argparse
import sys
from pathlib import Path

from demo.shop.database import build

parser = argparse.ArgumentParser(prog="python -m demo.shop", description="Build the demo's production database.")
parser.add_argument("path", type=Path, help="the SQLite file to write, e.g. demo/production.db")
parser.add_argument("--seed", type=int, default=2026)
parser.add_argument("--customers", type=int, default=4_000, help="everything else grows with them")
settings = parser.parse_args()
counts = build(settings.path, seed=settings.seed, customers=settings.customers)
sys.stdout.write(f"{settings.path}: {len(counts)} tables, {sum(counts.values()):,} rows\n")
