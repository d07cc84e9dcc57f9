import base64
import re
import uuid
from collections.abc import Sequence

import numpy as np
import polars as pl
import pytest

from synth_assets.catalog.model import DataType, Kind
from synth_assets.synthesize.rules.errors import CapacityTooSmall
from synth_assets.synthesize.rules.texts import TextModel


def draw(values: Sequence[str], n: int = 2_000, *, min_group: int = 10) -> pl.Series:
    model = TextModel.fit(pl.Series(values), min_group=min_group)
    assert TextModel.model_validate_json(model.model_dump_json()) == model
    return model.draw(n, np.random.default_rng(0))


def matches(values: pl.Series, pattern: str) -> bool:
    return all(re.fullmatch(pattern, value) for value in values)


def test_codes_keep_their_common_prefix():
    assert matches(draw([f"SKU-{number}" for number in range(10_000, 10_900)]), r"SKU-\d{5}")


def test_a_prefix_that_too_few_share_does_not_come_out():
    rare = [f"ZQX-{number}" for number in range(10_000, 10_009)]
    common = [f"{letters}-{number}" for letters in ("AB", "CD") for number in range(1_000, 1_200)]
    values = draw(rare + common)
    assert not values.str.contains("ZQX").any()


def test_a_prefix_of_one_value_many_times_over_does_not_come_out():
    values = draw(["SECRET-1"] * 500 + [f"{number:05d}" for number in range(300)])
    assert not values.str.contains("SECRET").any()


def test_alternatives_and_years_are_kept_whole():
    source = [f"{kind}-{2019 + number % 5}-{number:05d}" for kind in ("INV", "ORD") for number in range(500)]
    assert matches(draw(source), r"(INV|ORD)-20(19|20|21|22|23)-\d{5}")


def test_hexadecimal_stays_hexadecimal():
    source = [uuid.uuid5(uuid.NAMESPACE_DNS, str(number)).hex for number in range(500)]
    assert matches(draw(source), r"[0-9a-f]{32}")


def test_uuids_stay_uuids_in_their_case():
    source = [str(uuid.uuid5(uuid.NAMESPACE_DNS, str(number))).upper() for number in range(50)]
    values = draw(source)
    assert all(uuid.UUID(value).version == 4 for value in values)
    assert matches(values, "[0-9A-F-]{36}")


def test_lengths_vary_as_in_the_source():
    source = ["x" * (number % 7 + 3) + str(number) for number in range(3_000)]
    lengths = draw(source, 20_000).str.len_chars()
    expected = pl.Series(source).str.len_chars()
    assert abs(lengths.mean() - expected.mean()) < 0.5
    assert lengths.min() >= expected.min()
    assert lengths.max() <= expected.max()


def test_numbers_without_leading_zeros_stay_so():
    assert not draw([str(number) for number in range(100, 1_000)]).str.starts_with("0").any()


def test_scripts_stay():
    source = [f"{a}{b}{c}" for a in "абвгд" for b in "еёжзи" for c in "клмно"]
    assert matches(draw(source), "[\u0430-\u044f\u0451]{3}")
    assert matches(draw(["東京都", "大阪府", "京都府"] * 20), "[\u4e00-\u9fff]{3}")


def test_prose_is_like_the_source_in_length_and_capitals_and_of_other_words():
    words = ["payment", "delayed", "customer", "angry", "refund", "twice", "called", "manager"]
    rng = np.random.default_rng(3)
    source = [" ".join(rng.choice(words, size=rng.integers(5, 40))).capitalize() + "." for _ in range(800)]
    values = draw(source, 5_000)
    assert abs(values.str.len_chars().mean() - pl.Series(source).str.len_chars().mean()) < 15
    assert values.str.contains(r"^[A-Z].*\.$").mean() > 0.99
    assert not values.str.to_lowercase().str.contains("|".join(words)).any()


def test_titles_stay_titles():
    source = [
        f"{a} {b} {c}" for a in ("Red", "Green", "Blue", "Old") for b in ("House", "Tree") for c in ("Song", "Day")
    ]
    values = draw(source)
    assert matches(values, r"[A-Z]\w*( [A-Z]\w*)*")


def test_blank_texts_stay_blank_as_often():
    values = draw([""] * 500 + [f"A{number}" for number in range(500)], 10_000)
    assert 0.45 < (values == "").mean() < 0.55


@pytest.mark.parametrize("source", [["abc"], ["a b", "C-9", "x@y"], [], ["."], ["\n"], ["a" * 5_000]])
def test_few_rows_tell_nothing(source):
    values = (
        draw(source, 100)
        if source
        else TextModel.fit(pl.Series([], dtype=pl.String), min_group=10).draw(100, np.random.default_rng(0))
    )
    assert len(values) == 100
    assert not set(values.str.strip_chars()) & {text for text in source if text.strip() and len(text) > 1}


def test_texts_of_the_source_never_come_out(table):
    source = [f"{a}{b}" for a in "ABCDEFGHIJ" for b in range(100)]
    values = table.column("code", source).sample(5_000)["code"]
    assert not set(values) & set(source)


def test_a_short_column_without_a_free_text_is_refused(table):
    length_one = DataType(kind=Kind.TEXT, native="char(1)", length=1)
    table.column("code", list("0123456789") * 20, type=length_one)
    with pytest.raises(CapacityTooSmall, match=r"people\.code"):
        table.sample(10)


def test_unique_texts_grow_where_the_pattern_is_used_up(table):
    source = [f"K{number}" for number in range(10)] * 30
    values = table.column("code", source, unique=True).sample(5_000)["code"]
    assert values.n_unique() == 5_000
    assert not set(values) & set(source)


def test_many_unique_codes_of_a_pattern_that_is_nearly_used_up(table):
    source = [f"SKU-{number:05d}" for number in range(20_000)]
    values = table.column("sku", source, unique=True).sample(75_000)["sku"]
    assert values.n_unique() == 75_000
    assert not set(values) & set(source)


@pytest.mark.parametrize(
    ("form", "pattern"),
    [("%d.%m.%Y", r"\d\d\.\d\d\.(19|20)\d\d"), ("%Y%m%d", r"(19|20)\d{6}"), ("%Y-%m-%d", r"(19|20)\d\d-\d\d-\d\d")],
)
def test_fake_dates_in_text_columns_have_the_format_of_the_source(table, form, pattern):
    days = pl.Series(range(5_000, 5_400)).cast(pl.Int32).cast(pl.Date)
    made = table.fake("born", days.dt.to_string(form), "birth_date").sample(300)["born"]
    assert matches(made, pattern)
    assert made.str.to_date(form).null_count() == 0


@pytest.mark.parametrize(
    ("kind", "native", "source", "read"),
    [
        (Kind.DATE, "date", ["0044-03-15 BC", "infinity"] + ["2021-02-28"] * 60, lambda v: v.str.to_date()),
        (Kind.DATETIME, "timestamp", ["infinity"] + ["2021-02-28 10:00:00"] * 60, lambda v: v.str.to_datetime()),
        (Kind.TIME, "time", ["24:00:00"] + ["10:30:00"] * 60, lambda v: v.str.to_time()),
        (Kind.DECIMAL, "numeric", ["NaN", "1.50"] + ["99.25"] * 60, lambda v: v.cast(pl.Float64)),
    ],
    ids=["date", "timestamp", "time", "numeric"],
)
def test_values_that_stand_as_text_stay_valid(table, kind, native, source, read):
    made = table.column("c", source, type=DataType(kind=kind, native=native)).sample(100)["c"]
    assert read(made).null_count() == 0


def test_long_documents_are_hashed_soon_enough(table):
    source = ["word " * 200_000 + str(number) for number in range(20)]
    made = table.column("body", source).sample(5)["body"]
    assert not set(made) & set(source)


def hexadecimal(n: int, digits: int) -> list[str]:
    return [uuid.uuid5(uuid.NAMESPACE_DNS, str(number)).hex[:digits] for number in range(n)]


@pytest.mark.parametrize("n", [20, 200, 3_000])
def test_hexadecimal_stays_so_beside_other_letters(n):
    assert matches(draw([f"x-{digits}" for digits in hexadecimal(n, 7)]), "x-[0-9a-f]{7}")
    assert matches(draw([f"run_{digits}_Z" for digits in hexadecimal(n, 12)]), "run_[0-9a-f]{12}_Z")


def test_every_piece_has_an_alphabet_of_its_own():
    source = [f"{digits.upper()}/{digits}" for digits in hexadecimal(1_000, 8)]
    assert matches(draw(source), "[0-9A-F]{8}/[0-9a-f]{8}")
    base32 = [base64.b32encode(bytes.fromhex(digits)).decode() for digits in hexadecimal(60, 20)]
    assert matches(draw(base32), "[A-Z2-7]{16}")
    padded = [base64.b64encode(bytes.fromhex(digits)).decode() for digits in hexadecimal(500, 32)]
    assert matches(draw(padded), "[A-Za-z0-9+/]{22}==")
    base64_texts = [base64.b64encode(bytes.fromhex(digits)).decode() for digits in hexadecimal(500, 24)]
    assert matches(draw(base64_texts), "[A-Za-z0-9+/]{16}")
    assert matches(draw([f"{int(digits, 16):032b}" for digits in hexadecimal(40, 8)]), "[01]{32}")


def test_paths_and_codes_with_signs_at_their_places_are_no_base64():
    source = [f"Year{2020 + number % 3}/Report{number:04d}" for number in range(1_000)]
    assert matches(draw(source), r"Year20\d\d/Report\d{4}")
