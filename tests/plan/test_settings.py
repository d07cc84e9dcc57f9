from pathlib import Path

import pytest
from pydantic import ValidationError

from synth_assets.plan.columns import ColumnSettings
from synth_assets.plan.cron import check_cron
from synth_assets.plan.resolved import Mode, Treatment
from synth_assets.plan.settings import DatasetSettings, TableSettings
from synth_assets.plan.yaml_source import read_settings, read_yaml

SHOP = """
dataset: shop
source: production            # a name in resources/<environment>.yaml
targets: [staging, dev]
schedule: "0 3 * * *"
time_zone: Europe/Berlin
on_new_column: hold
tables:
  customers:
    mode: synthetic
    columns:
      email: {fake: email, unique: true}
      loyalty_card: {pseudonymize: {format: "####-####"}}
      fax: null
      nickname:
      iban: {mask: {keep_last: 4, with: "#"}}
      phone: {fake: {kind: phone, locale: de_DE}}
      visits: {constant: 0}
      tier: {keep: true, because: "three public names"}
      code: pseudonymize
      street: fake
  orders:
    synthesizer: {name: ctgan, options: {epochs: 3}}
    scale: 3.0
    balance: {column: is_fraud, shares: {true: 0.2}}
  lines: {synthesizer: gaussian_copula}
  payments: {mode: partial, because: "needed", columns: {card_number: {fake: credit_card_number}}}
  countries: {mode: reference, because: "public list, no personal data"}
  audit_log: {mode: empty}
  untouched:
foreign_keys:
  - {table: lines, columns: order_id, parent: orders}
gate:
  fidelity: {shape: 0.95, trend: 0.85}
  privacy: {membership_auc: 0.6, copies: 0.1}
privacy: {min_group: 20, hold_out: 0.2}
seed: 7
"""


@pytest.fixture
def shop(tmp_path: Path) -> DatasetSettings:
    path = tmp_path / "shop.yaml"
    path.write_text(SHOP)
    return read_settings(read_yaml(path), DatasetSettings)


def test_every_section_of_a_plan_is_read(shop: DatasetSettings) -> None:
    assert (shop.dataset, shop.source, shop.target_names) == ("shop", "production", ("staging", "dev"))
    assert (shop.schedule, shop.time_zone, shop.on_new_column) == ("0 3 * * *", "Europe/Berlin", "hold")
    assert (shop.gate.fidelity.shape, shop.gate.privacy.membership_auc, shop.gate.privacy.copies) == (0.95, 0.6, 0.1)
    assert (shop.privacy.min_group, shop.privacy.hold_out, shop.seed) == (20, 0.2, 7)
    assert shop.table("payments").mode is Mode.PARTIAL
    assert shop.table("untouched") == shop.table("not named at all")
    orders = shop.table("orders")
    assert orders.synthesizer and orders.synthesizer.options == {"epochs": 3}
    assert orders.balance and orders.balance.shares == {"true": 0.2}
    lines = shop.table("lines")
    assert lines.synthesizer and lines.synthesizer.name == "gaussian_copula"
    assert shop.foreign_keys[0].columns == ("order_id",)


@pytest.mark.parametrize(
    ("column", "treatment", "options"),
    [
        ("email", Treatment.FAKE, {"kind": "email"}),
        ("loyalty_card", Treatment.PSEUDONYMIZE, {"format": "####-####"}),
        ("fax", Treatment.NULL, {}),
        ("nickname", Treatment.NULL, {}),
        ("iban", Treatment.MASK, {"keep_first": 0, "keep_last": 4, "with": "#"}),
        ("phone", Treatment.FAKE, {"kind": "phone", "locale": "de_DE"}),
        ("visits", Treatment.CONSTANT, {"value": 0}),
        ("tier", Treatment.KEEP, {}),
        ("code", Treatment.PSEUDONYMIZE, {}),
        ("street", Treatment.FAKE, {}),
    ],
)
def test_every_form_of_a_treatment(shop: DatasetSettings, column: str, treatment: Treatment, options: object) -> None:
    settings = shop.table("customers").columns[column]
    assert settings.treatment is treatment
    assert settings.options == options


def test_a_column_may_be_named_without_a_treatment() -> None:
    settings = ColumnSettings.model_validate({"unique": True})
    assert settings.treatment is None
    assert settings.unique


@pytest.mark.parametrize(
    ("value", "words"),
    [
        ("constant", "needs its value"),
        ({"constant": None}, "write that"),
        ({"keep": False}, "Input should be True"),
        ({"learn": True, "keep": True}, "learn and keep cannot both"),
        (3, "a column is a treatment"),
    ],
)
def test_forms_that_are_no_treatment(value: object, words: str) -> None:
    with pytest.raises(ValidationError, match=words):
        ColumnSettings.model_validate(value)


def test_auto_may_name_what_it_chooses_among() -> None:
    candidates = ["trees", {"name": "ctgan", "options": {"epochs": 3}}]
    table = TableSettings.model_validate({"synthesizer": {"name": "auto", "candidates": candidates}})
    assert table.synthesizer
    assert [(c.name, c.options) for c in table.synthesizer.candidates] == [("trees", {}), ("ctgan", {"epochs": 3})]
    with pytest.raises(ValidationError, match="goes with the synthesizer auto only, not with trees"):
        TableSettings.model_validate({"synthesizer": {"name": "trees", "candidates": candidates}})
    with pytest.raises(ValidationError, match="Input should be 'trees', 'gaussian_copula'"):
        TableSettings.model_validate({"synthesizer": {"name": "auto", "candidates": ["hma"]}})


def test_a_target_named_twice_is_refused() -> None:
    with pytest.raises(ValidationError, match="names a target twice"):
        DatasetSettings(dataset="shop", source="a", targets=("dev", "dev"))


def test_an_unknown_time_zone_is_refused() -> None:
    with pytest.raises(ValidationError, match="no time zone 'Mars/Base'"):
        DatasetSettings(dataset="shop", source="a", targets=(), time_zone="Mars/Base")


@pytest.mark.parametrize("schedule", ["0 3 * * *", "*/15 8-18 1,15 jan-mar MON-FRI", "@daily", "59 23 31 12 7"])
def test_schedules(schedule: str) -> None:
    assert check_cron(schedule) == schedule


@pytest.mark.parametrize(
    ("schedule", "words"),
    [
        ("0 3 * *", "has five fields"),
        ("60 3 * * *", "minute is '60'"),
        ("0 24 * * *", "hour is '24'"),
        ("0 3 * * funday", "day of week is 'funday'"),
        ("*/0 3 * * *", "minute"),
        ("0 9-5 * * *", "hour is '9-5'"),
        ("@nightly", "no schedule '@nightly'"),
    ],
)
def test_schedules_that_are_none(schedule: str, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        check_cron(schedule)
