import numpy as np
import polars as pl

from synth_assets.catalog.model import DataType, Kind
from synth_assets.plan.resolved import Role, Treatment
from synth_assets.synthesize.rules.rules import Rules
from tests.synthesize.model_files import contents_of

KEY = b"a secret of thirty-two bytes ..."
PLANTED = ["Zebulon", "Quixworthy", "zebulon@quixworthy.example", "K-ZEBULON-77", "quagga secret sentence of mine"]


def everything(table):
    """A table with a column of each kind of rule, and planted values that a search can find."""
    rows = 300
    integer = DataType(kind=Kind.INTEGER, native="integer", bits=32)

    def source(planted: str, other: str) -> list[str]:
        return [planted] + [f"{other}{number}" for number in range(rows - 1)]

    table.column("id", list(range(rows)), type=integer, role=Role.KEY, nullable=False)
    table.fake("first_name", source(PLANTED[0], "Ada"), "first_name")
    table.fake("last_name", source(PLANTED[1], "Byron"), "last_name", nullable=False)
    table.fake("email", source(PLANTED[2], "a@b.example"), "email", unique=True)
    table.fake("city", source(PLANTED[0], "Town"), "city")
    table.column("code", source(PLANTED[3], "C-"))
    table.column("note", source(PLANTED[4], "some words that say little about number "))
    table.column("settings", source('{"Zebulon": "Quixworthy"}', "[]")[:1] + ['{"a": 1}'] * (rows - 1),
                 type=DataType(kind=Kind.JSON, native="jsonb"))  # fmt: skip
    table.column("pseudonym", source(PLANTED[3], "P-"), treatment=Treatment.PSEUDONYMIZE, format="####-??")
    table.column("masked", source(PLANTED[3], "M-"), treatment=Treatment.MASK, keep_last=2)
    table.column("nothing", source(PLANTED[0], "N"), treatment=Treatment.NULL)
    table.column("always", source(PLANTED[0], "N"), treatment=Treatment.CONSTANT, value=5)
    table.column("photo", pl.Series([PLANTED[4].encode()] * rows, dtype=pl.Binary),
                 type=DataType(kind=Kind.BINARY, native="bytea"))  # fmt: skip
    return table


def sample(rules: Rules, n: int = 400, seed: int = 1) -> pl.DataFrame:
    nulls = {"first_name": np.arange(n) % 2 == 0, "last_name": np.arange(n) % 2 == 0, "photo": np.ones(n, dtype=bool)}
    return rules.sample(n, rng=np.random.default_rng(seed), nulls=nulls)


def test_columns_types_and_nulls(table):
    table = everything(table)
    rows = sample(table.fit())
    assert rows.columns == table.rows.columns
    assert rows.schema == table.rows.schema
    assert rows["first_name"].null_count() == 200
    assert rows["last_name"].null_count() == 0  # NOT NULL, whatever the mask says
    assert rows["photo"].null_count() == rows["nothing"].null_count() == 400
    assert rows["email"].n_unique() == 400
    assert set(rows["always"]) == {"5"}


def test_the_same_generator_gives_the_same_rows(table):
    rules = everything(table).fit()
    assert sample(rules).equals(sample(rules))
    assert not sample(rules)["email"].equals(sample(rules, seed=2)["email"])


def test_no_planted_value_comes_out(table):
    rules = everything(table).fit()
    texts = sample(rules, 2_000).select(pl.col(pl.String)).to_dict(as_series=False)
    for values in texts.values():
        assert not any(planted.lower() in (value or "").lower() for value in values for planted in PLANTED)


def test_saved_rules_are_the_same_rules_and_hold_no_planted_value(table, folder):
    rules = everything(table).fit()
    rules.save(folder)
    assert sample(Rules.load(folder)).equals(sample(rules))
    contents = contents_of(folder)
    content = "\n".join(contents.texts).lower().encode() + contents.content.lower()
    for planted in PLANTED:
        assert planted.lower().encode() not in content
        assert planted.lower().split()[0].encode() not in content


def test_values_of_rows_that_were_held_out_do_not_come_out(table):
    table.column("code", [f"{number:03d}" for number in range(500)])
    everything_but_ten = pl.DataFrame({"code": [f"{number:03d}" for number in range(990)]})
    rules = table.fit(avoid=everything_but_ten)
    made = rules.sample(300, rng=np.random.default_rng(0), nulls={})["code"]
    assert not set(made) & set(everything_but_ten["code"])


def test_no_rows_in_and_no_rows_out(table):
    table = everything(table)
    table.source = {name: values.head(0) for name, values in table.source.items()}
    rules = table.fit()
    assert rules.sample(0, rng=np.random.default_rng(0), nulls={}).schema == table.rows.schema
    assert len(rules.sample(20, rng=np.random.default_rng(0), nulls={})) == 20


def test_columns_of_nulls_only(table):
    table.column("note", pl.Series([None] * 5, dtype=pl.String)).fake(
        "mail", pl.Series([None] * 5, dtype=pl.String), "email"
    )
    assert table.sample(10).null_count().sum_horizontal().item() == 0
