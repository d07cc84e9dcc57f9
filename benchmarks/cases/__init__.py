"""The benchmarks' cases: real and invented rows with their schema."""

from collections.abc import Mapping

from benchmarks.cases.adult import adult
from benchmarks.cases.case import Build
from benchmarks.cases.lahman import PLAYERS, TEAMS, lahman
from benchmarks.cases.nycflights13 import nycflights13
from benchmarks.cases.readings import readings
from benchmarks.cases.scale import scale
from benchmarks.cases.shop import shop
from benchmarks.cases.wide import wide

CASES: Mapping[str, Build] = {
    "adult": adult,
    "lahman_players": lahman("lahman_players", tables=PLAYERS),
    "lahman_teams": lahman("lahman_teams", tables=TEAMS),
    "lahman": lahman("lahman", native_only=True),
    "nycflights13": nycflights13,
    "shop": shop,
    "readings": readings,
    "wide": wide,
    "scale_100k": scale("scale_100k", rows=100_000),
    "scale_200k": scale("scale_200k", rows=200_000, native_only=False),
    "scale_1m": scale("scale_1m", rows=1_000_000),
    "scale_1m_to_10m": scale("scale_1m_to_10m", rows=1_000_000, times=10.0),
}
