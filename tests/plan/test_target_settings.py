"""What a plan may say of its targets."""

from pathlib import Path

import pytest

from synth_assets.plan.settings import DatasetSettings
from synth_assets.plan.yaml_source import SettingsInvalid, read_settings, read_yaml

HEAD = "dataset: shop\nsource: production\n"


def read(path: Path, targets: str) -> DatasetSettings:
    path.write_text(f"{HEAD}targets: {targets}\n")
    return read_settings(read_yaml(path), DatasetSettings)


def test_a_target_is_a_name_or_more(tmp_path: Path) -> None:
    columns = "{segment: {constant: a}, label: {derive: name}, remark: null}"
    settings = read(
        tmp_path / "shop.yaml", f"[staging, {{name: dev, ddl: match, tables: {{customers: {{columns: {columns}}}}}}}]"
    )
    assert settings.target_names == ("staging", "dev")
    assert settings.target("staging").ddl == "create"
    assert settings.target("dev").ddl == "match"
    fills = settings.target("dev").tables["customers"].columns
    assert {name: column.treatment for name, column in fills.items()} == {
        "segment": "constant",
        "label": "derive",
        "remark": "null",
    }


@pytest.mark.parametrize(
    ("target", "said"),
    [
        ("{name: dev, dll: match}", "did you mean 'ddl'"),
        ("{name: dev, ddl: alter}", "create"),
        ("{name: dev, tables: {a: {columns: {b: null}}}}", "goes with `ddl: match`"),
        ("{name: dev, ddl: match, tables: {a: {columns: {b: {fake: email}}}}}", "b has no values in the source"),
        ("{name: dev, ddl: match, tables: {a: {columns: {b: {constant: 1, unique: true}}}}}", "b has no values"),
        ("{ddl: match}", "the key 'name' is missing"),
    ],
)
def test_what_is_wrong_with_a_target_is_told_at_its_line(tmp_path: Path, target: str, said: str) -> None:
    with pytest.raises(SettingsInvalid) as invalid:
        read(tmp_path / "shop.yaml", f"\n  - staging\n  - {target}")
    assert said in str(invalid.value)
    assert "line 5" in str(invalid.value)
