"""JSON, arrays, binary values and the texts of PostgreSQL's other types."""

import json

import numpy as np
import polars as pl
import psycopg
import pytest

from synth_assets.catalog.model import DataType, Kind
from synth_assets.synthesize.rules.errors import TypeNotSupported

JSON = DataType(kind=Kind.JSON, native="jsonb")


def documents(n: int) -> list[str]:
    rng = np.random.default_rng(1)
    return [
        json.dumps(
            {
                "theme": ["dark", "light"][number % 2],
                "age": int(rng.integers(20, 60)),
                "price": round(float(rng.random() * 100), 2),
                "tags": [f"t{rng.integers(1000)}" for _ in range(rng.integers(0, 4))],
                "news": bool(rng.random() < 0.25),
                "nested": {"code": f"X-{rng.integers(1000, 9999)}"},
                **({"rare_key_of_one": "secret"} if number == 7 else {}),
            }
        )
        for number in range(n)
    ]


def test_documents_have_the_common_keys_and_new_values(table):
    source = documents(500)
    values = table.column("settings", source, type=JSON).sample(1_000)["settings"]
    made = [json.loads(value) for value in values]
    assert all(set(d) == {"theme", "age", "price", "tags", "news", "nested"} for d in made)
    assert {d["theme"] for d in made} == {"dark", "light"}
    assert all(isinstance(d["age"], int) and 20 <= d["age"] < 60 for d in made)
    assert all(isinstance(d["news"], bool) for d in made)
    assert 0.2 < np.mean([d["news"] for d in made]) < 0.3
    assert all(d["nested"]["code"].startswith("X-") for d in made)
    assert {len(d["tags"]) for d in made} == {0, 1, 2, 3}
    assert not set(values) & set(source)


def test_texts_that_hold_json_stay_json(table):
    values = table.column("settings", documents(300)).sample(200)["settings"]
    assert all(set(json.loads(value)) >= {"theme", "age"} for value in values)


def test_null_and_mixed_documents(table):
    source = ["null", "[]", '"text"', "1.5", "{}", "true"] * 20
    values = table.column("settings", source, type=JSON).sample(300)["settings"]
    assert {type(json.loads(value)) for value in values} == {type(None), list, str, float, dict, bool}


def test_binary_values_are_random_and_as_long(table):
    binary = DataType(kind=Kind.BINARY, native="bytea")
    source = pl.Series([bytes([number % 251] * 32) for number in range(200)], dtype=pl.Binary)
    values = table.column("digest", source, type=binary, nullable=False).sample(500)["digest"]
    assert values.dtype == pl.Binary
    assert set(values.bin.size()) == {32}
    assert values.n_unique() == 500


def test_unknown_types_are_refused_with_a_remedy(table):
    with pytest.raises(TypeNotSupported) as refused:
        table.column("shape", ["x"], type=DataType(kind=Kind.OTHER, native="geometry")).fit()
    assert (refused.value.table, refused.value.column, refused.value.native) == ("people", "shape", "geometry")
    for remedy in ("null", "constant", "exclude"):
        assert remedy in refused.value.next_step


def array(native: str, element: DataType) -> DataType:
    return DataType(kind=Kind.ARRAY, native=native, element=element)


def other(native: str) -> DataType:
    return DataType(kind=Kind.OTHER, native=native)


LITERALS = {
    "inet": (other("inet"), ["192.168.1.1", "10.0.0.7"]),
    "cidr": (other("cidr"), ["192.168.1.0/24"]),
    "macaddr": (other("macaddr"), ["08:00:2b:01:02:03"]),
    "macaddr8": (other("macaddr8"), ["08:00:2b:01:02:03:04:05"]),
    "xml": (other("xml"), ["<a>1</a>"]),
    "hstore": (other("hstore"), ['"a"=>"1"']),
    "money": (other("money"), ["$1.00"]),
    "point": (other("point"), ["(1,2)"]),
    "line": (other("line"), ["{1,2,3}"]),
    "lseg": (other("lseg"), ["[(1,2),(3,4)]"]),
    "box": (other("box"), ["(3,4),(1,2)"]),
    "path": (other("path"), ["[(1,2),(3,4)]"]),
    "polygon": (other("polygon"), ["((1,2),(3,4))"]),
    "circle": (other("circle"), ["<(1,2),3>"]),
    "tsvector": (other("tsvector"), ["'a' 'b'"]),
    "int4range": (other("int4range"), ["[1,5)"]),
    "int8range": (other("int8range"), ["[1,5)"]),
    "numrange": (other("numrange"), ["[1.5,5)"]),
    "daterange": (other("daterange"), ["[2020-01-01,2020-02-01)"]),
    "tsrange": (other("tsrange"), ['["2020-01-01 00:00:00","2020-02-01 00:00:00")']),
    "tstzrange": (other("tstzrange"), ['["2020-01-01 00:00:00+00","2020-02-01 00:00:00+00")']),
    "int4multirange": (other("int4multirange"), ["{[1,5)}"]),
    "datemultirange": (other("datemultirange"), ["{[2020-01-01,2020-02-01)}"]),
    "tstzmultirange": (other("tstzmultirange"), ["{}"]),
    "bit(5)": (other("bit(5)"), ["01010", "11111"]),
    "bit varying": (other("bit varying"), ["01", "1"]),
    "timetz": (DataType(kind=Kind.OTHER, native="time with time zone"), ["10:00:00+00"]),
    "interval": (DataType(kind=Kind.INTERVAL, native="interval"), ["5 days", "1 mon 02:03:04.5", "-01:00:00"]),
    "citext": (other("citext"), ["Hello", "World"]),
    "uuid": (DataType(kind=Kind.UUID, native="uuid"), ["0b6dcd0c-0d5c-4b4e-8a3e-000000000001"]),
    "jsonb": (JSON, ['{"a": 1}', "null"]),
    "integer[]": (array("integer[]", DataType(kind=Kind.INTEGER, native="integer", bits=32)), ["{1,2,3}", "{}"]),
    "text[]": (array("text[]", DataType(kind=Kind.TEXT, native="text")), ['{a,"b, c","d\\"e"}', "{NULL}"]),
    "numeric[]": (array("numeric[]", DataType(kind=Kind.DECIMAL, native="numeric")), ["{1.25,NULL}"]),
    "boolean[]": (array("boolean[]", DataType(kind=Kind.BOOLEAN, native="boolean")), ["{t,f}"]),
    "date[]": (array("date[]", DataType(kind=Kind.DATE, native="date")), ["{2020-01-01}"]),
    "timestamptz[]": (
        array("timestamptz[]", DataType(kind=Kind.DATETIME, native="timestamptz", timezone=True)),
        ['{"2020-01-01 00:00:00+00"}'],
    ),
    "jsonb[]": (array("jsonb[]", JSON), ['{"{\\"a\\": 1}"}']),
    "inet[]": (array("inet[]", other("inet")), ["{10.0.0.1}"]),
    "uuid[]": (array("uuid[]", DataType(kind=Kind.UUID, native="uuid")), ["{}"]),
    "interval[]": (array("interval[]", DataType(kind=Kind.INTERVAL, native="interval")), ['{"5 days"}']),
}


@pytest.fixture(scope="module")
def connection(postgres):
    name = postgres.create_database().rsplit("/", 1)[-1]
    with postgres.connect(name) as opened:
        for extension in ("hstore", "citext"):
            opened.execute(f"CREATE EXTENSION {extension}")
        yield opened


@pytest.mark.parametrize("native", LITERALS)
def test_postgres_accepts_every_literal(table, connection, native):
    data_type, source = LITERALS[native]
    values = table.column("c", source * 20, type=data_type, nullable=False).sample(60)["c"]
    cast = psycopg.sql.SQL("SELECT count(v::{}) FROM unnest(%s::text[]) AS v").format(psycopg.sql.SQL(native))
    assert connection.execute(cast, [values.to_list()]).fetchone() == (60,)


def test_intervals_are_spread_like_the_source(table):
    source = [f"{number} days {number % 24:02d}:00:00" for number in range(100)]
    values = table.column("c", source, type=DataType(kind=Kind.INTERVAL, native="interval")).sample(2_000)["c"]
    days = values.str.extract(r"^(\d+) days").cast(pl.Int64)
    assert 40 < days.mean() < 60
    assert days.max() < 100


TAGS = array("text[]", DataType(kind=Kind.TEXT, native="text"))
WORDS, SHARES = ["new", "red", "on sale", "last"], [0.5, 0.25, 0.15, 0.1]


def tagged(n: int = 3_000, *, apart: bool = True) -> list[list[str]]:
    rng = np.random.default_rng(1)
    return [rng.choice(WORDS, size=rng.integers(0, 4), replace=not apart, p=SHARES).tolist() for _ in range(n)]


def literal(words: list[str]) -> str:
    return "{" + ",".join(f'"{word}"' for word in words) + "}"


def words_of(text: str) -> list[str]:
    return [word.strip('"') for word in text.strip("{}[]").split(",") if word]


def shares_of(rows: list[list[str]]) -> np.ndarray:
    every = [word for row in rows for word in row]
    return np.array([every.count(word) for word in WORDS]) / len(every)


@pytest.mark.parametrize("apart", [True, False])
@pytest.mark.parametrize("as_json", [True, False])
def test_words_that_many_arrays_share_come_out_in_their_shares_and_as_many(table, apart, as_json):
    source = tagged(apart=apart)
    texts = [json.dumps(row) for row in source] if as_json else [literal(row) for row in source]
    values = table.column("tags", texts, type=JSON if as_json else TAGS).sample(10_000)["tags"]
    made = [json.loads(value) if as_json else words_of(value) for value in values]
    assert {word for row in made for word in row} == set(WORDS)
    assert shares_of(made) == pytest.approx(shares_of(source), abs=0.03)
    sizes, expected = (np.bincount([len(row) for row in rows], minlength=4) / len(rows) for rows in (made, source))
    assert sizes == pytest.approx(expected, abs=0.05)
    assert any(len(set(row)) < len(row) for row in made) is not apart


@pytest.mark.parametrize("as_json", [True, False])
def test_a_word_that_one_array_holds_many_times_does_not_come_out(table, as_json):
    source = [*tagged(), ["secret"] * 20]
    texts = [json.dumps(row) for row in source] if as_json else [literal(row) for row in source]
    values = table.column("tags", texts, type=JSON if as_json else TAGS).sample(5_000)["tags"]
    assert not values.str.contains("secret").any()
    assert values.str.contains("red").any()


def test_a_key_that_one_document_holds_many_times_does_not_come_out(table):
    source = [json.dumps([{"known": 1}])] * 50 + [json.dumps([{"secret": 1}] * 20)]
    values = table.column("documents", source, type=JSON).sample(500)["documents"]
    assert not values.str.contains("secret").any()


def test_words_of_many_different_arrays_are_made_up(table):
    source = [literal([f"word{number}", f"term{number}"]) for number in range(500)]
    values = table.column("tags", source, type=TAGS).sample(500)["tags"]
    assert not {word for text in source for word in words_of(text)} & {w for v in values for w in words_of(v)}


def test_personal_data_in_arrays_is_not_shared(table):
    source = [literal([f"person{number % 5}@example.org"]) for number in range(500)]
    values = table.column("contacts", source, type=TAGS).sample(500)["contacts"]
    assert not any(f"person{number}@example.org" in value for value in values for number in range(5))
